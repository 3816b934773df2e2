#!/usr/bin/env node
import { main } from './index.ts'

process.exit(await main(process.argv.slice(2), process))
