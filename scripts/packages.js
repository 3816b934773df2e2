import { existsSync, readdirSync, readFileSync } from 'node:fs'

const root = new URL('../', import.meta.url)

/**
 * The packages that are published, e.g. `{ folder: 'packages/core', manifest: { name: '@tsgi/core', … } }`.
 *
 * @returns {{ folder: string, manifest: { name: string, version: string, exports: Record<string, unknown> } }[]}
 */
export function packages() {
  return ['packages', 'packages/gateway', 'packages/middleware']
    .filter((parent) => existsSync(new URL(parent, root)))
    .flatMap((parent) => readdirSync(new URL(parent, root)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(new URL(`${folder}/package.json`, root)))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(new URL(`${folder}/package.json`, root), 'utf8')),
    }))
    .filter(({ manifest }) => !manifest.private)
}
