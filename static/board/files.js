// @ts-check
/** Files that are pasted or dropped. */

/** Largest file that the server takes, in bytes. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;

/**
 * Handlers for an element that takes files. Pasted text stays text, also when a program puts a picture of it beside it.
 *
 * @param {(files: File[]) => void} take
 */
export function takesFiles(take) {
  /** @param {DataTransfer | null} transfer @param {Event} event */
  const from = (transfer, event) => {
    const files = [...transfer?.files ?? []];
    if (files.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    take(files);
  };
  return {
    /** @param {ClipboardEvent} event */
    onPaste(event) {
      if (!event.clipboardData?.types.includes("text/plain")) from(event.clipboardData, event);
    },
    /** @param {DragEvent} event */
    onDragOver(event) {
      if (event.dataTransfer === null || !carriesFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      event.dataTransfer.dropEffect = "copy";
    },
    /** @param {DragEvent} event */
    onDrop: (event) => from(event.dataTransfer, event),
  };
}

/** @param {DragEvent} event */
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;

/** A file that is dropped beside its target would take the page's place. */
export function catchStrayFiles() {
  for (const type of /** @type {const} */ (["dragover", "drop"])) {
    addEventListener(type, (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "none";
    });
  }
}

/** @param {number} bytes */
export function sizeWords(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
