/** What the page looks like, light or dark as its reader has it. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d0d4da, #3d434c); --soft: light-dark(#f4f5f7, #1e2227);
  --text: light-dark(#1b1f24, #e4e7eb); --dim: light-dark(#565e69, #a3abb6); --link: light-dark(#0b57c2, #7ab5ff) }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; background: light-dark(#fff, #14171b); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { margin: 0; line-height: 1.2 }
h2 { margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 1px solid var(--line); font-size: 1.25rem }
h3 { margin: 0; font-size: 1rem }
h4 { margin: 1rem 0 .25rem; font-size: .875rem; color: var(--dim) }
p { margin: .25rem 0; white-space: pre-line }
a { color: var(--link) }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
code { font: .9em ui-monospace, monospace }
nav ul, ul.schema { margin: .25rem 0; padding-left: 1.25rem }
article { margin: .75rem 0; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--soft) }
.method { display: inline-block; min-width: 4.5rem; font-family: ui-monospace, monospace }
.note, .dim { color: var(--dim) }
.note { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; font-size: .8rem; font-weight: normal }
table { width: 100%; border-collapse: collapse }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
th { font-size: .8rem; color: var(--dim) }
th, td:not(:last-child) { overflow-wrap: normal }
tbody th { font-size: inherit; font-weight: normal; color: inherit }
dl { margin: .25rem 0 }
dt { font-weight: 600 }
dd { margin: 0 0 .5rem 1.25rem }
`

/** Of the style as it stands in its element; a policy that names it lets no other one in (CSP Level 3, hash-source). */
export const STYLE_HASH = 'sha256-ts/EtXLqnttmR2Axfd+ixshRJb7+YJufwyzDlkGpCaU='
