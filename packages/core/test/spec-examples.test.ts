import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, it } from 'vitest'
import type { Application, Middleware } from '../src/contract.ts'
import { copyEnviron } from '../src/environ.ts'
import { send } from '../src/testing.ts'

it('has a layer in section 3 that keeps calls apart, also where one fails', async () => {
  const oneAtATime = example('oneAtATime')
  let inside = 0
  let calls = 0
  const app: Application = async function* (environ, startResponse) {
    expect(environ['wsgi.multithread']).toBe(false)
    expect(++inside).toBe(1)
    await new Promise((resolve) => setImmediate(resolve))
    const isFailing = ++calls === 1
    inside--
    if (isFailing) throw new Error('boom')
    startResponse('200 OK', [])
    yield new TextEncoder().encode('ok')
  }
  const serialised = oneAtATime(app)
  const answers = await Promise.allSettled([1, 2, 3].map(() => send(serialised)))
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
})

/** The middleware that a `ts` block of the specification defines. */
function example(name: string): Middleware {
  const sections = readFileSync(new URL('../spec/sections.md', import.meta.url), 'utf8')
  const block = sections.split('```ts\n').find((part) => part.startsWith(`const ${name}`))
  const source = block?.slice(0, block.indexOf('\n```'))
  const { outputText } = ts.transpileModule(`${source}\nreturn ${name}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  })
  return new Function('copyEnviron', outputText)(copyEnviron)
}
