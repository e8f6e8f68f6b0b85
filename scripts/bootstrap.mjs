// Makes a command work on a fresh clone with only Node and npm: installs what is missing, then runs the rest of the
// command line with the project's own Node. Runs on the machine's Node, so: plain JavaScript, no dependencies.
//
//   node scripts/bootstrap.mjs [node options] script.mjs [arguments]

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const root = fileURLToPath(new URL('..', import.meta.url));
const windows = process.platform === 'win32';
const projectNode = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
const stampFile = join(root, 'node_modules', '.viridian-installed');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  stop(`Node ${OLDEST_NODE} or newer is needed to start; this is ${process.version}.`);
}
if (!isInstalled()) await install();
// The processor core is compiled once for these sources; everything else runs on source.
const compiled = await run(projectNode, ['packages/x86/scripts/embed-core.mjs']);
if (compiled !== 0) stop('The processor core (packages/x86/assembly) does not compile; see above.');
process.exitCode = await run(projectNode, process.argv.slice(2));

/**
 * Complete and current: a run of this script finished an install for this lockfile, no later install changed what is
 * there (pnpm keeps the lockfile that it installed), and the project's Node is the wanted one.
 */
function isInstalled() {
  const installed = readOr(join(root, 'node_modules', '.pnpm', 'lock.yaml'), '');
  return (
    readOr(stampFile, '') === wantedStamp() &&
    installed === readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8') &&
    existsSync(projectNode)
  );
}

function wantedStamp() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) {
    hash.update(readFileSync(join(root, file)));
  }
  return `${process.platform}-${process.arch} ${hash.digest('hex')}\n`;
}

async function install() {
  const pnpm = manifest.packageManager;
  console.log(`Installing dependencies with ${pnpm} (only after a clone or a change of the lockfile) …`);
  rmSync(stampFile, { force: true });
  // A changed layout of node_modules is replaced without a question: there may be nobody to answer it.
  const options = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  const code = await run('npx', ['--yes', pnpm, ...options], { shell: windows });
  if (code === 'not found') {
    stop('npx was not found. It comes with npm: install Node together with npm, then try again.');
  }
  if (code === 130) process.exit(130); // Ctrl-C
  if (code !== 0 || !existsSync(projectNode)) {
    stop(
      `The install did not finish (npx ${pnpm} ended with ${code}); its own messages are above.\n` +
        'It needs the npm registry, or a filled npm and pnpm cache, and about 600 MB of disk.\n' +
        'If you changed a package.json, run "npx pnpm install" first, so that the lockfile agrees with it.',
    );
  }
  writeFileSync(stampFile, wantedStamp());
}

/** Runs a program in the project's folder and gives its exit code; 'not found' when there is no such program. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    // Ctrl-C reaches the child by itself (same process group); a signal sent to this process alone is passed on.
    const ignore = () => {};
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', ignore).on('SIGTERM', pass).on('SIGHUP', pass);
    const done = (result) => {
      process.off('SIGINT', ignore).off('SIGTERM', pass).off('SIGHUP', pass);
      resolve(result);
    };
    child.on('error', (error) => done(error.code === 'ENOENT' ? 'not found' : stop(String(error))));
    child.on('exit', (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

function stop(message) {
  console.error(`\n${message}`);
  process.exit(1);
}
