// Starts turbo with telemetry and update questions off, and with the project's pnpm, which turbo asks for the workspace.

import { run } from './lib/run.mjs';

process.on('SIGINT', () => {}); // turbo gets Ctrl-C too and ends by itself
const { code } = await run('turbo', process.argv.slice(2), { live: true });
process.exitCode = code;
