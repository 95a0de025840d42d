export { createRequireAllSaved as up, dropRequireAllSaved as down } from '../tables/require-all-saved.v1.js';
