import type { SyncRule } from './template-maps';

export interface NamedFolder {
  readonly id: number;
  /** `A/B`, no leading slash. */
  readonly path: string;
}

/** One search that finds a part of what a connector governs. */
export interface FolderSearch {
  readonly folderId: number;
  readonly includeSubfolders: boolean;
}

export interface GovernedFolders {
  readonly searches: readonly FolderSearch[];
  /** Paths in rules that no folder has. */
  readonly unknown: readonly string[];
}

/**
 * The searches that find every governed secret once: rules that lie inside another rule's folder are left out. Paths
 * are compared without regard to case, as Secret Server does.
 */
export function governedFolders(
  rules: readonly SyncRule[],
  folders: readonly NamedFolder[],
): GovernedFolders {
  const byPath = new Map(folders.map((folder) => [fold(folder.path), folder]));
  const kept: SyncRule[] = [];
  const searches: FolderSearch[] = [];
  const unknown: string[] = [];
  for (const rule of [...rules].sort((a, b) => rank(a) - rank(b))) {
    if (isGoverned(kept, rule.folder)) continue;
    const folder = byPath.get(fold(rule.folder));
    if (folder === undefined) {
      unknown.push(rule.folder);
      continue;
    }
    kept.push(rule);
    searches.push({ folderId: folder.id, includeSubfolders: rule.includeSubfolders });
  }
  return { searches, unknown };
}

/** Whether a secret in this folder belongs to the connector. `folderPath` as `A/B`. */
export function isGoverned(rules: readonly SyncRule[], folderPath: string): boolean {
  const path = fold(folderPath);
  return rules.some((rule) => {
    const root = fold(rule.folder);
    return path === root || (rule.includeSubfolders && path.startsWith(`${root}/`));
  });
}

/** Outer folders before inner ones, and of two rules for one folder the broader. */
function rank(rule: SyncRule): number {
  return rule.folder.split('/').length * 2 + (rule.includeSubfolders ? 0 : 1);
}

function fold(path: string): string {
  return path.toLowerCase();
}
