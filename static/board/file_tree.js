// @ts-check
/** Files by folder, as a tree in which folders with a single child share a line with it. */

/** @typedef {{ name: string, folders: Folder[], files: { name: string, index: number }[] }} Folder */

/**
 * @param {readonly string[]} paths
 * @returns {Folder} the root; its name is empty
 */
export function treeOf(paths) {
  /** @type {Folder} */
  const root = { name: "", folders: [], files: [] };
  paths.forEach((path, index) => {
    const parts = path.split("/");
    const name = parts.pop() ?? "";
    let folder = root;
    for (const part of parts) {
      let next = folder.folders.find((child) => child.name === part);
      if (next === undefined) folder.folders.push(next = { name: part, folders: [], files: [] });
      folder = next;
    }
    folder.files.push({ name, index });
  });
  root.folders = root.folders.map(joined);
  return root;
}

/** @param {Folder} folder @returns {Folder} */
function joined(folder) {
  const folders = folder.folders.map(joined);
  if (folder.files.length === 0 && folders.length === 1) {
    return { ...folders[0], name: `${folder.name}/${folders[0].name}` };
  }
  return { ...folder, folders };
}

/** The places of the files in the order of the tree: folders first. @param {Folder} folder @returns {number[]} */
export function treeOrder({ folders, files }) {
  return [...folders.flatMap(treeOrder), ...files.map((file) => file.index)];
}
