export { describeWay } from './describe-way.js';
