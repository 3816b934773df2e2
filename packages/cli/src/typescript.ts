// How a user's TypeScript is loaded: tsx compiles it, this file says that it is always an ES module. Left to the
// nearest package.json (`"type": "commonjs"` is what `npm init` writes), it would become CommonJS: no top-level await,
// and a second copy of @tsgi/core, as tsx compiles that to CommonJS as well.
import * as nodeModule from 'node:module'

/** Lets `import()` take TypeScript, on every version of Node; the stacks of errors point into the source. */
export async function acceptTypeScript(): Promise<void> {
  const { register } = await import('tsx/esm/api')
  register()
  const { registerHooks } = nodeModule as Partial<SynchronousHooks>
  if (registerHooks) registerHooks({ resolve: (...args) => asModule(args[2](args[0], args[1])) })
  else nodeModule.register(import.meta.url)
}

/** The hook for Node 20, whose hooks live in a thread of their own, into which this file is loaded once more. */
export const resolve: nodeModule.ResolveHook = async (specifier, context, nextResolve) =>
  asModule(await nextResolve(specifier, context))

function asModule(resolved: nodeModule.ResolveFnOutput): nodeModule.ResolveFnOutput {
  return /\.ts(\?|$)/.test(resolved.url) ? { ...resolved, format: 'module' } : resolved
}

/** Of Node 22.15 and later; not in the types of Node 20. */
interface SynchronousHooks {
  registerHooks(hooks: {
    resolve(
      specifier: string,
      context: nodeModule.ResolveHookContext,
      nextResolve: (specifier: string, context: nodeModule.ResolveHookContext) => nodeModule.ResolveFnOutput,
    ): nodeModule.ResolveFnOutput
  }): void
}
