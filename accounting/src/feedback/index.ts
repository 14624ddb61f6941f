export { createQuarantineFeedback, type QuarantineFeedback } from './quarantine-feedback.js';
