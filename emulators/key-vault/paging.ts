import { z } from 'zod';
import { badParameter } from './errors';

const MAX_PAGE = 25;
// Recorded listings had pages of 9 items, and empty pages, before the last one.
const SPARSE_PAGE = 9;

/**
 * How lists are cut: `full` pages, or `sparse` ones (few items, every second page empty, the last one empty), as the
 * service makes them because it counts rows before it filters them.
 */
export type PageShape = 'full' | 'sparse';

/** A list by its keys in order; items are made only for the page that is asked for. */
export interface List {
  readonly keys: readonly string[];
  readonly itemOf: (key: string) => unknown;
}

const markerSchema = z.object({ after: z.string().optional(), page: z.int().min(0) });

/**
 * One page of a list, with a `nextLink` that names the port even when it is 443 and leaves `$` unescaped, as recorded.
 */
export function pageOf(list: List, url: URL, apiVersion: string, shape: PageShape): unknown {
  const size = pageSize(url, shape);
  const marker = readMarker(url.searchParams.get('$skiptoken'));
  const start = marker.after === undefined ? 0 : list.keys.findIndex((key) => key > (marker.after ?? ''));
  const rest = start < 0 ? [] : list.keys.slice(start);
  const empty = shape === 'sparse' && (marker.page % 2 === 1 || rest.length === 0);
  const page = empty ? [] : rest.slice(0, size);
  const after = page.at(-1) ?? marker.after;
  const more = page.length < rest.length || (shape === 'sparse' && page.length > 0);
  return {
    value: page.map(list.itemOf),
    nextLink: more ? nextLink(url, apiVersion, { after, page: marker.page + 1 }) : null,
  };
}

function pageSize(url: URL, shape: PageShape): number {
  const text = url.searchParams.get('maxresults');
  const wanted = text === null ? MAX_PAGE : Number(text);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_PAGE) {
    throw badParameter(`Invalid value for maxresults: it must be between 1 and ${MAX_PAGE}.`);
  }
  return shape === 'sparse' ? Math.min(wanted, SPARSE_PAGE) : wanted;
}

function readMarker(token: string | null): z.infer<typeof markerSchema> {
  if (token === null) return { page: 0 };
  try {
    return markerSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
  } catch {
    throw badParameter('Invalid value for $skiptoken.');
  }
}

function nextLink(url: URL, apiVersion: string, marker: z.infer<typeof markerSchema>): string {
  const token = Buffer.from(JSON.stringify(marker)).toString('base64url');
  const maxResults = url.searchParams.get('maxresults');
  const query = `api-version=${apiVersion}&$skiptoken=${token}${maxResults === null ? '' : `&maxresults=${maxResults}`}`;
  return `https://${url.hostname}:${url.port || '443'}${url.pathname}?${query}`;
}
