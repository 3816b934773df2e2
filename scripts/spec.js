// The contract as a numbered list: packages/core/SPEC.md, made of the prose in packages/core/spec, the validator's
// rules and the suites' cases.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, fail, install, root } from './setup.js'

const SPEC = 'packages/core/SPEC.md'
const SECTIONS = 'packages/core/spec/sections.md'
const CLAUSES = 'packages/core/spec/pep-3333.md'
const CONTRACT = 'packages/core/src/contract.ts'

/** The clauses of PEP 3333 by the last of each group: CALL1 to CALL9, STR1 to STR8, and so on. */
const LAST_CLAUSES = 'CALL9 STR8 ENV29 IO10 SR19 IT8 CL6 BUF3 MW7 WR6 EH6 EX3 HT6 TH1 XT5 CF3 UR2 FW10'

/**
 * @typedef {object} Entry a rule, or a case
 * @property {string} key
 * @property {string} sentence
 * @property {string} source
 * @property {string} [side] whom it binds; the server by default
 * @property {boolean} [advice]
 * @property {readonly string[]} [needs] the features without which it binds nobody
 */

/**
 * @typedef {object} Sources
 * @property {readonly Entry[]} rules of the validator
 * @property {readonly Entry[]} cases of the suites
 * @property {(path: string) => string | undefined} read gives the text of a file, by its path from the root
 */

/**
 * Makes the text of SPEC.md. Markers of the prose, each on a line of its own: `{{rules a b}}` and `{{cases a b}}` are
 * tables of all whose keys begin with `a.` or `b.`, `{{types A B}}` is the code of these types. Within a line:
 * `{{rule key}}` and `{{case key}}` are a number, `{{test file › name}}`, `{{type A}}` and `{{page file}}` a
 * reference, which must lead somewhere.
 *
 * @param {Sources} sources
 * @throws Error that names, a line for each, what is missing, unknown or in two places
 */
export function specification(sources) {
  const writer = new Writer(sources)
  const text = writer.write()
  if (writer.faults.length > 0) throw new Error(writer.faults.join('\n'))
  return text
}

/**
 * Says where SPEC.md is not what it should be; `undefined` where it is.
 *
 * @param {string} found
 * @param {string} made
 */
export function staleness(found, made) {
  if (found === made) return undefined
  const lines = found.split('\n')
  const madeLines = made.split('\n')
  const i = lines.findIndex((line, i) => line !== madeLines[i])
  const at = i < 0 ? lines.length : i
  return `${SPEC}: must be what \`npm run spec\` writes; got ${show(lines[at])} in line ${at + 1} in place of ${show(madeLines[at])}`
}

/** Checks SPEC.md; prints what is wrong, and is true when nothing is. */
export async function spec() {
  try {
    const fault = staleness(readFromRoot(SPEC) ?? '', specification(await sources()))
    if (fault !== undefined) console.error(fault)
    return fault === undefined
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return false
  }
}

class Writer {
  /** @type {string[]} */
  faults = []
  #sources
  /** `'rule environ.method'` → `'4.5'` @type {Map<string, string>} */
  #numbers = new Map()
  /** `'Status'` → its code @type {Map<string, string>} */
  #types

  /** @param {Sources} sources */
  constructor(sources) {
    this.#sources = sources
    this.#types = typesOf(this.#read(CONTRACT))
  }

  write() {
    const sections = this.#read(SECTIONS)
    const clauses = this.#read(CLAUSES)
    this.#number(sections)
    this.#checkClauses(clauses)
    return `${sections}\n${clauses}`
      .split('\n')
      .map((line) => this.#writeLine(line))
      .join('\n')
  }

  /** @param {string} sections */
  #number(sections) {
    let section = '0'
    let count = 0
    for (const line of sections.split('\n')) {
      const heading = /^## (\d+)\. /.exec(line)
      if (heading) {
        section = /** @type {string} */ (heading[1])
        count = 0
      }
      const list = readList(line)
      if (list === undefined) continue
      for (const prefix of list.prefixes) {
        if (this.#select(list.kind, [prefix]).length === 0)
          this.#fault(line, `must name ${list.kind}s`, `none that begins with "${prefix}."`)
      }
      for (const { key } of this.#select(list.kind, list.prefixes)) {
        count++
        const name = `${list.kind} ${key}`
        const earlier = this.#numbers.get(name)
        if (earlier !== undefined)
          this.#fault(name, 'must stand in one place', `${earlier} and ${section}.${count}`)
        this.#numbers.set(name, `${section}.${count}`)
      }
    }
    for (const kind of /** @type {const} */ (['rule', 'case'])) {
      for (const { key } of this.#entries(kind)) {
        if (!this.#numbers.has(`${kind} ${key}`))
          this.#fault(`${kind} ${key}`, `must stand in a table of ${SECTIONS}`, `no {{${kind}s …}} for it`)
      }
    }
  }

  /** @param {string} clauses */
  #checkClauses(clauses) {
    const missing = new Set(LAST_CLAUSES.split(' ').flatMap(upTo))
    for (const line of clauses.split('\n')) {
      const key = /^\| ([A-Z]+\d+) \|/.exec(line)?.[1]
      if (key === undefined) continue
      if (!missing.delete(key)) this.#fault(key, 'must be a clause of PEP 3333, in one row', 'a row too many')
      const [, clause, answer = '', ...more] = line.slice('| '.length, -' |'.length).split(' | ')
      if (!clause || more.length > 0) this.#fault(key, 'must be a row of three cells', show(line))
      if (!/^departs, because .|\{\{(rule|case|test|type|page) /.test(answer)) {
        const answers = 'a rule, a case, a test, a type, a page, or "departs, because …"'
        this.#fault(key, `must be answered by ${answers}`, show(answer))
      }
    }
    for (const key of missing) this.#fault(key, `must have a row in ${CLAUSES}`, 'none')
  }

  /** @param {string} line */
  #writeLine(line) {
    const list = readList(line)
    if (list !== undefined) return this.#table(list.kind, list.prefixes)
    const types = /^\{\{types ([^{}]+)\}\}$/.exec(line)?.[1]
    if (types !== undefined) {
      const code = types.split(' ').map((name) => this.#type(line, name))
      return ['```ts', ...code, '```'].join('\n')
    }
    return line.replace(/\{\{(.*?)\}\}/g, (marker, /** @type {string} */ content) => {
      const space = content.indexOf(' ')
      return this.#reference(marker, content.slice(0, space), content.slice(space + 1))
    })
  }

  /**
   * @param {'rule' | 'case'} kind
   * @param {readonly string[]} prefixes
   */
  #table(kind, prefixes) {
    const head = `| No. | Binds | ${kind === 'rule' ? 'Rule' : 'Case'} | Source | Key |`
    const rows = this.#select(kind, prefixes).map((entry) => {
      const number = this.#numbers.get(`${kind} ${entry.key}`)
      const { sentence, source, key } = entry
      return `| ${number} | ${binds(entry)} | ${escapeCell(sentence)} | ${escapeCell(source)} | \`${key}\` |`
    })
    return [head, '|---|---|---|---|---|', ...rows].join('\n')
  }

  /**
   * @param {string} marker
   * @param {string} kind
   * @param {string} name
   */
  #reference(marker, kind, name) {
    if (kind === 'rule' || kind === 'case') {
      const number = this.#numbers.get(`${kind} ${name}`)
      if (number === undefined) this.#fault(marker, `must be the key of a ${kind}`, 'none')
      return number ?? ''
    }
    if (kind === 'type') {
      this.#type(marker, name)
      return `\`${name}\``
    }
    if (kind === 'page') {
      if (this.#sources.read(name) === undefined) this.#fault(marker, 'must be a file', 'none')
      return `[${name}](../../${name})`
    }
    if (kind === 'test') return this.#test(marker, name)
    this.#fault(marker, 'must be a marker, one for a line on a line of its own', 'none')
    return ''
  }

  /**
   * @param {string} marker
   * @param {string} path the file, and the names from the outside in
   */
  #test(marker, path) {
    const [file = '', ...names] = path.split(' › ')
    const text = this.#sources.read(file)
    if (text === undefined) this.#fault(marker, 'must be a file', 'none')
    else if (names.length === 0) this.#fault(marker, 'must name a test', 'a file alone')
    else {
      for (const name of names) {
        const isThere = ["'", '"', '`'].some((quote) => text.includes(quote + name + quote))
        if (!isThere) this.#fault(marker, 'must be a name in that file', `none ${show(name)}`)
      }
    }
    return `\`${file}\` › ${names.join(' › ')}`
  }

  /**
   * @param {string} marker
   * @param {string} name
   */
  #type(marker, name) {
    const code = this.#types.get(name)
    if (code === undefined) this.#fault(marker, `must be a type of ${CONTRACT}`, `none ${show(name)}`)
    return code ?? ''
  }

  /**
   * @param {'rule' | 'case'} kind
   * @param {readonly string[]} prefixes
   */
  #select(kind, prefixes) {
    return this.#entries(kind).filter(({ key }) => prefixes.some((prefix) => key.startsWith(`${prefix}.`)))
  }

  /** @param {'rule' | 'case'} kind */
  #entries(kind) {
    return kind === 'rule' ? this.#sources.rules : this.#sources.cases
  }

  /** @param {string} path */
  #read(path) {
    const text = this.#sources.read(path)
    if (text === undefined) this.#fault(path, 'must be a file', 'none')
    return text ?? ''
  }

  /**
   * @param {string} where
   * @param {string} mustBe
   * @param {string} found
   */
  #fault(where, mustBe, found) {
    this.faults.push(`spec: ${where}: ${mustBe}; got ${found}`)
  }
}

/**
 * @param {string} line
 * @returns {{ kind: 'rule' | 'case', prefixes: string[] } | undefined}
 */
function readList(line) {
  const match = /^\{\{(rule|case)s ([^{}]+)\}\}$/.exec(line)
  if (match === null) return undefined
  return {
    kind: match[1] === 'rule' ? 'rule' : 'case',
    prefixes: /** @type {string} */ (match[2]).split(' '),
  }
}

/** @param {string} last `CALL3` gives CALL1, CALL2, CALL3 */
function upTo(last) {
  const [group, count] = last.split(/(?<=[A-Z])(?=\d)/)
  return Array.from({ length: Number(count) }, (_, i) => `${group}${i + 1}`)
}

/** @param {Entry} entry */
function binds({ side = 'server', advice, needs = [] }) {
  if (advice) return `${side}, advice`
  return needs.length > 0 ? `${side} with ${needs.join(', ')}` : side
}

/** @param {string} text */
function escapeCell(text) {
  return text.replace(/[|*<]/g, '\\$&')
}

/** @param {string | undefined} text */
function show(text) {
  return text === undefined ? 'nothing' : JSON.stringify(text)
}

/**
 * The code of each exported type, without its comments: the prose says what they say.
 *
 * @param {string} contract
 * @returns {Map<string, string>}
 */
function typesOf(contract) {
  const [, ...declarations] = contract.replace(/^ *\/\*\*.*?\*\/\n/gms, '').split(/^export /m)
  return new Map(declarations.map((code) => [/^\w+ (\w+)/.exec(code)?.[1] ?? '', code.trimEnd()]))
}

/** @returns {Promise<Sources>} */
async function sources() {
  // Not at the top: they are there after the build only.
  const packages = new URL('../packages/', import.meta.url).href
  const { RULES } = await import(`${packages}core/dist/validator.js`)
  const { SERVER_CASES, MIDDLEWARE_CASES, APPLICATION_CASES } = await import(
    `${packages}conformance/dist/index.js`
  )
  const cases = [
    ...SERVER_CASES,
    ...MIDDLEWARE_CASES.map((/** @type {Entry} */ one) => ({ ...one, side: 'middleware' })),
    ...APPLICATION_CASES.map((/** @type {Entry} */ one) => ({ ...one, side: 'application' })),
  ]
  return { rules: RULES, cases, read: readFromRoot }
}

/** @param {string} path */
function readFromRoot(path) {
  return existsSync(root + path) ? readFileSync(root + path, 'utf8') : undefined
}

async function main() {
  install()
  if (!build()) process.exit(1)
  try {
    writeFileSync(root + SPEC, specification(await sources()))
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
