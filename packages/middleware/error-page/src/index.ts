export { type ErrorPageOptions, errorPage } from './error-page.ts'
