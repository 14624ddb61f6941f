export { type BudgetActions, budgetActionMigration, createBudgetActions } from './budget-actions.js';
export { addBudgetActionRoutes, countBudgetLimits } from './routes.js';
