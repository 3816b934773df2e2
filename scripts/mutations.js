// The faults that a test of a file ought to notice: one small change each.
import ts from 'typescript'

const MOST_CHARACTERS = 100

/**
 * What is put in the place of `start` to `end`, and where that is, e.g. `{ …, line: 12, what: 'true → false' }`.
 *
 * @typedef {{ start: number, end: number, text: string, line: number, what: string }} Mutation
 */

/**
 * The mutations of every function in a file, in the order of the file: a condition is negated, a statement deleted, a boolean that
 * is assigned turned round, a constant that is returned replaced by another.
 *
 * @param {string} source
 * @returns {Mutation[]}
 */
export function mutations(source) {
  const file = ts.createSourceFile('mutated.ts', source, ts.ScriptTarget.Latest, true)
  const constants = numericConstants(file)
  /** @type {Mutation[]} */
  const found = []

  /**
   * @param {ts.Node} node
   * @param {string} text
   * @param {string} what
   */
  function add(node, text, what) {
    const start = node.getStart(file)
    const line = file.getLineAndCharacterOfPosition(start).line + 1
    found.push({ start, end: node.getEnd(), text, line, what: shorten(what) })
  }

  /** @param {ts.Node} node */
  function visit(node) {
    const condition = conditionOf(node)
    if (condition !== undefined)
      add(condition, `!(${condition.getText(file)})`, `negated: ${condition.getText(file)}`)
    if (isDeletable(node)) add(node, ';', `deleted: ${node.getText(file)}`)
    for (const value of valuesOf(node)) {
      const other = otherValue(value, constants)
      if (other !== undefined) add(value, other, `${value.getText(file)} → ${other}: ${node.getText(file)}`)
    }
    ts.forEachChild(node, visit)
  }

  visit(file)
  return found
}

/**
 * The text with one mutation made.
 *
 * @param {string} source
 * @param {Mutation} mutation
 */
export function mutate(source, { start, end, text }) {
  return source.slice(0, start) + text + source.slice(end)
}

/**
 * The constants of a file that are one kind, as those of an enumeration.
 *
 * @param {ts.SourceFile} file
 */
function numericConstants(file) {
  return file.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .filter(({ initializer }) => initializer !== undefined && ts.isNumericLiteral(initializer))
    .map(({ name }) => name.getText(file))
}

/** @param {ts.Node} node */
function conditionOf(node) {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node)) return node.expression
  if (ts.isConditionalExpression(node) || ts.isForStatement(node)) return node.condition
  return undefined
}

/**
 * Declarations stay: without them nothing runs at all.
 *
 * @param {ts.Node} node
 */
function isDeletable(node) {
  return (
    ts.isExpressionStatement(node) ||
    ts.isReturnStatement(node) ||
    ts.isThrowStatement(node) ||
    ts.isBreakStatement(node) ||
    ts.isContinueStatement(node)
  )
}

/**
 * The values that a node assigns or returns, each branch of a condition by itself.
 *
 * @param {ts.Node} node
 * @returns {ts.Expression[]}
 */
function valuesOf(node) {
  if (ts.isReturnStatement(node)) return node.expression === undefined ? [] : branchesOf(node.expression)
  if (ts.isPropertyDeclaration(node))
    return node.initializer === undefined ? [] : branchesOf(node.initializer)
  const isAssignment = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken
  return isAssignment ? branchesOf(node.right) : []
}

/**
 * @param {ts.Expression} value
 * @returns {ts.Expression[]}
 */
function branchesOf(value) {
  if (!ts.isConditionalExpression(value)) return [value]
  return [...branchesOf(value.whenTrue), ...branchesOf(value.whenFalse)]
}

/**
 * @param {ts.Expression} value
 * @param {string[]} constants
 */
function otherValue(value, constants) {
  if (value.kind === ts.SyntaxKind.TrueKeyword) return 'false'
  if (value.kind === ts.SyntaxKind.FalseKeyword) return 'true'
  const index = constants.indexOf(value.getText())
  return index < 0 || constants.length < 2 ? undefined : constants[(index + 1) % constants.length]
}

/** @param {string} text */
function shorten(text) {
  const line = text.replace(/\s+/g, ' ')
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line
}
