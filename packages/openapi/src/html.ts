import { escapeHtml } from '@tsgi/core'

/** Text that is HTML already. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What stands in a template: text, which is escaped, or HTML, or several of them, or nothing. */
export type Content = string | Html | undefined | readonly Content[]

/** HTML in which everything is escaped that is not HTML already, in elements and in quoted attributes. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(strings.reduce((text, string, i) => text + write(contents[i - 1]) + string))
}

function write(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Html) return content.text
  return typeof content === 'string' ? escapeHtml(content) : content.map(write).join('')
}
