/** Tells the benchmark where this server listens, and at each asking how much CPU it has used, in microseconds. */
export function report(port: number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system })
  })
  // When the benchmark has ended, however it did.
  process.on('disconnect', () => process.exit())
  process.send?.({ port })
}
