/** Attachments: files that belong to an issue. */

/** Largest attachment in bytes. */
export const MAX_ATTACHMENT_BYTES = 25 * 1024 * 1024;

export interface Attachment {
  id: string;
  issue_id: string;
  /** The name that the uploader gave; shown, never used as a path. */
  name: string;
  /** Decided from the bytes, never from what the uploader says. */
  content_type: string;
  /** Bytes. */
  size: number;
  /** Path on this server from which it is served. */
  url: string;
  created_at: string;
}
