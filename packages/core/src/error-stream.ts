import type { ErrorStream } from './contract.ts'

/**
 * Makes a `wsgi.errors` of a function that writes text. Any text is taken: a lone surrogate, which no encoding can
 * write, becomes U+FFFD (PEP 3333, input and error streams). What `write` throws stays here: reporting an error
 * must not make another one. `flush` does nothing, as nothing is held back.
 */
export function errorStream(write: (text: string) => void): ErrorStream {
  const put = (text: string): void => {
    const wellFormed = text.replace(LONE_SURROGATE, '\ufffd')
    try {
      write(wellFormed)
    } catch {
      // There is no further place to report to.
    }
  }
  return {
    write: put,
    writelines(texts) {
      for (const text of texts) put(text)
    },
    flush() {},
  }
}

// Under the flag `u` a pair is one character of another category, so only lone halves match.
const LONE_SURROGATE = /\p{Surrogate}/gu
