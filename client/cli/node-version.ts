import { SsakvError } from '../../domain/errors/ssakv-error';
import { exitCodes } from './exit-codes';

/** The Azure libraries ask for 22, and the ES modules among our packages can be required from 22.12 on. */
const leastMajor = 22;
const leastMinor = 12;

// Runs when it is imported, before any library that an old Node.js could not even load.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  const { message, code } = new SsakvError('UnsupportedNode', {
    detail: `This is ${process.versions.node}.`,
  });
  process.stderr.write(`ssakv: ${message} [${code}]\n`);
  process.exit(exitCodes.usage);
}
