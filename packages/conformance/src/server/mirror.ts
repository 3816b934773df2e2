import assert from 'node:assert/strict'
import { type Environ, text } from '@tsgi/core'
import type { Question } from '../client.ts'
import type { ServerTrial, Site } from '../server-trial.ts'

/** An application that keeps each environ it is called with, and answers with the number of its calls. */
export class Mirror {
  readonly #site: Site
  readonly #environs: readonly Environ[]

  static async serve(trial: ServerTrial): Promise<Mirror> {
    const environs: Environ[] = []
    const site = await trial.serve((environ, startResponse) => {
      environs.push(environ)
      startResponse('200 OK', [['Content-Type', 'text/plain']])
      return text(`call ${environs.length}`)
    })
    return new Mirror(site, environs)
  }

  private constructor(site: Site, environs: readonly Environ[]) {
    this.#site = site
    this.#environs = environs
  }

  /** Asks what must reach the application, and gives the environ in which it did. */
  async show(question: Question, row: string = lineOf(question)): Promise<Environ> {
    const before = this.#environs.length
    const { status, text: body } = await this.#site.ask(question)
    assert.equal(status, 200, row)
    if (question.method !== 'HEAD') assert.equal(body, `call ${before + 1}`, row)
    assert.equal(this.#environs.length, before + 1, `${row}: calls of the application`)
    return this.#environs[before]!
  }

  /** Asks what must be answered with this status by the server, and never reach the application. */
  async refuse(request: Question | string, status: number, row: string): Promise<void> {
    const before = this.#environs.length
    const client = await this.#site.connect()
    if (typeof request === 'string') client.write(request)
    else client.ask(request)
    const answer = await client.answer()
    client.leave()
    assert.equal(answer.status, status, row)
    assert.equal(this.#environs.length, before, `${row}: calls of the application`)
  }
}

/** The keys of an environ that are there, each with its value. */
export function pick(environ: Environ, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(environ).filter(([key]) => keys.includes(key)))
}

function lineOf({ method = 'GET', target = '/' }: Question): string {
  return `${method} ${JSON.stringify(target)}`
}
