import { sql } from 'kysely';
import type { ExternalSecretRow, SecretAccess, SecretRow } from './scans';

/** Null in all members where an outer join found no row. */
export interface SecretColumns {
  s_secret_id: number | null;
  s_name: string;
  s_folder_id: number;
  s_folder_path: string;
  s_template_id: number;
  s_template_name: string;
  s_active: boolean;
  s_stamp: string;
  s_access: SecretAccess;
}

/** The columns of a secret `s`. */
export const secretColumns = sql`
  s.secret_id as s_secret_id, s.name as s_name, s.folder_id as s_folder_id, s.folder_path as s_folder_path,
  s.template_id as s_template_id, s.template_name as s_template_name, s.active as s_active, s.stamp as s_stamp,
  s.access as s_access`;

/** A row of secretColumns as a secret, or undefined where the join found none. */
export function secretOf(row: SecretColumns): SecretRow | undefined {
  if (row.s_secret_id === null) return undefined;
  return {
    secretId: row.s_secret_id,
    name: row.s_name,
    folderId: row.s_folder_id,
    folderPath: row.s_folder_path,
    templateId: row.s_template_id,
    templateName: row.s_template_name,
    active: row.s_active,
    stamp: row.s_stamp,
    access: row.s_access,
  };
}

/** Null in all members where an outer join found no row. */
export interface ExternalSecretColumns {
  e_name: string | null;
  e_enabled: boolean;
  e_created_seconds: string;
  e_updated_seconds: string;
  e_content_type: string | null;
  e_tags: Record<string, string>;
  e_managed: boolean;
}

/** The columns of an external secret `e`. */
export const externalSecretColumns = sql`
  e.name as e_name, e.enabled as e_enabled, e.created_seconds as e_created_seconds,
  e.updated_seconds as e_updated_seconds, e.content_type as e_content_type, e.tags as e_tags, e.managed as e_managed`;

/** A row of externalSecretColumns as an external secret, or undefined where the join found none. */
export function externalSecretOf(row: ExternalSecretColumns): ExternalSecretRow | undefined {
  if (row.e_name === null) return undefined;
  return {
    name: row.e_name,
    enabled: row.e_enabled,
    createdSeconds: Number(row.e_created_seconds),
    updatedSeconds: Number(row.e_updated_seconds),
    ...(row.e_content_type === null ? {} : { contentType: row.e_content_type }),
    tags: row.e_tags,
    managed: row.e_managed,
  };
}
