export { type Alerts, createAlerts } from './alerts.js';
export { addAlertRoutes } from './routes.js';
export { readSmtp, smtpSchema } from './smtp-config.js';
