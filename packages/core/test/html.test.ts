import { expect, it } from 'vitest'
import { escapeHtml } from '../src/html.ts'

it.each([
  ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
  [`" onclick='x'`, '&quot; onclick=&#39;x&#39;'],
  ['&amp;', '&amp;amp;'],
  ['é 😀 \0', 'é 😀 \0'],
  ['', ''],
])('escapes %j', (text, html) => {
  expect(escapeHtml(text)).toBe(html)
})
