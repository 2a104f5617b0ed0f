// @ts-check
/** Style sheets of parts that are loaded late: a part is drawn when its sheet is here. */

/** @type {Map<string, Promise<void>>} */
const sheets = new Map();

/** @param {string} file beside the modules @returns {Promise<void>} rejects when it can't be loaded; the next call tries again */
export function loadStyle(file) {
  let loading = sheets.get(file);
  if (loading === undefined) {
    sheets.set(file, loading = load(file));
    loading.catch(() => sheets.delete(file));
  }
  return loading;
}

/** @param {string} file @returns {Promise<void>} */
function load(file) {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(file, import.meta.url).href;
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new TypeError(`The style sheet ${file} can't be loaded`));
    };
    document.head.append(link);
  });
}
