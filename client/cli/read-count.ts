import { SsakvError } from '../../domain/errors/ssakv-error';

/** A whole number of zero or more. Throws SsakvError InvalidUsage. */
export function readCount(option: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new SsakvError('InvalidUsage', {
    detail: `${option} takes a whole number, not ${JSON.stringify(text)}.`,
  });
}
