import { missingMethod, type Rule, show } from './rule.ts'

const METHODS: readonly string[] = ['write', 'writelines', 'flush']

/** What a server puts into `wsgi.errors`. */
export const errorsRules: readonly Rule<unknown>[] = [
  {
    key: 'errors.members',
    sentence: 'wsgi.errors has write, writelines and flush',
    source: 'PEP 3333, input and error streams',
    side: 'server',
    check: (errors) => missingMethod(errors, METHODS),
  },
]

/** Which member an application asks for. */
export const errorsMemberRules: readonly Rule<string>[] = [
  {
    key: 'errors.only',
    sentence: 'nothing of wsgi.errors is used but write, writelines and flush',
    source: 'PEP 3333, input and error streams',
    side: 'application',
    check: (member) => (METHODS.includes(member) ? undefined : member),
  },
]

/** What an application writes. */
export const errorsTextRules: readonly Rule<unknown>[] = [
  {
    key: 'errors.text',
    sentence: 'what is written to wsgi.errors is a string',
    source: 'PEP 3333, input and error streams',
    side: 'application',
    check: (text) => (typeof text === 'string' ? undefined : show(text)),
  },
]
