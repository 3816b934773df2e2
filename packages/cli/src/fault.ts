/** What the user of the command can put right: told in one line, without a stack of ours. */
export class Fault extends Error {
  /** 2 where the command line is wrong, 1 where what it asks for does not work. */
  readonly exitCode: 1 | 2

  /** @param cause what the user's own code threw, shown with its stack */
  constructor(message: string, exitCode: 1 | 2, cause?: { cause: unknown }) {
    super(message, cause)
    this.exitCode = exitCode
  }
}
