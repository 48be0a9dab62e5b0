import { PGlite } from '@electric-sql/pglite';

/** Process entry: makes an empty database in the folder that is named as the only argument. */
async function main(): Promise<void> {
  const directory = process.argv[2];
  if (directory === undefined) throw new Error('The folder of the new database is missing.');
  const db = await PGlite.create(directory);
  await db.close();
}

void main();
