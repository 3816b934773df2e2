/**
 * The parameters of a `Content-Disposition: form-data`, their names in lower case; `undefined` when it is malformed, or
 * says one of them twice, which two readers could take for two things.
 *
 * Two grammars are in use. In RFC 2183's a backslash escapes a quote or a backslash, as Go and older clients do. In that
 * of the HTML standard it is a plain character: Chrome sends `name="a\"` for `a\`. What fits the first is read so, since
 * there a single backslash, as in `C:\tea.txt`, means itself in both; what does not may fit the second.
 */
export function parseDisposition(value: string): Map<string, string> | undefined {
  return parseParameters(value, WITH_ESCAPES) ?? parseParameters(value, WITHOUT_ESCAPES)
}

const TYPE = /^form-data[\t ]*/i
// An empty parameter is allowed, also at the end (RFC 9110 section 5.6.6).
const WITH_ESCAPES =
  /;[\t ]*(?:([!#$%&'*+\-.^`|~\w]+)=(?:([!#$%&'*+\-.^`|~\w]+)|"([^"\\]*(?:\\.[^"\\]*)*)")[\t ]*)?/y
const WITHOUT_ESCAPES = /;[\t ]*(?:([!#$%&'*+\-.^`|~\w]+)=(?:([!#$%&'*+\-.^`|~\w]+)|"([^"]*)")[\t ]*)?/y
const ESCAPED = /\\(["\\])/g

function parseParameters(value: string, grammar: RegExp): Map<string, string> | undefined {
  const parameters = new Map<string, string>()
  let at = TYPE.exec(value)?.[0].length
  while (at !== value.length) {
    if (at === undefined) return undefined
    grammar.lastIndex = at
    const [whole, spelt, token, quoted] = grammar.exec(value) ?? []
    if (whole === undefined) return undefined
    at += whole.length
    if (spelt === undefined) continue
    const name = spelt.toLowerCase()
    if (parameters.has(name)) return undefined
    const text = token ?? (grammar === WITH_ESCAPES ? quoted!.replace(ESCAPED, '$1') : quoted!)
    parameters.set(name, decodePercent(text))
  }
  return parameters
}

/** These three and no others (HTML standard, multipart/form-data encoding algorithm). */
function decodePercent(text: string): string {
  return text.replaceAll('%22', '"').replace(/%0D/gi, '\r').replace(/%0A/gi, '\n')
}
