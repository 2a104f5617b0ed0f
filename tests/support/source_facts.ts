/** What one source file imports and uses, read from its syntax tree. Works inside `deno test` only. */

export interface Import {
  /** As written. */
  specifier: string;
  type_only: boolean;
  line: number;
}

export interface SourceFacts {
  imports: Import[];
  /** `Deno.<name>` as used, and names of global functions that are called, such as `fetch()` or `new Date()`. */
  uses: Set<string>;
  default_export: boolean;
  lines: number;
}

/** The module that a constant of the file names: `LATE_…`, as build/late.ts looks for them. */
function constantOf(source: string, name: string): string | undefined {
  return name.startsWith("LATE_")
    ? new RegExp(`^const ${name} = "([^"]*)";$`, "m").exec(source)?.[1]
    : undefined;
}

/** Reads TypeScript or JavaScript; `path` decides which. */
export function factsOf(path: string, source: string): SourceFacts {
  const facts: SourceFacts = {
    imports: [],
    uses: new Set(),
    default_export: false,
    lines: source.split("\n").length - (source.endsWith("\n") ? 1 : 0),
  };
  const add = (specifier: unknown, type_only: boolean, node: { range: [number, number] }) => {
    if (typeof specifier !== "string") {
      throw new Error(`${path}: an import with a computed specifier can't be judged`);
    }
    facts.imports.push({ specifier, type_only, line: source.slice(0, node.range[0]).split("\n").length });
  };
  const plugin: Deno.lint.Plugin = {
    name: "facts",
    rules: {
      read: {
        create: () => ({
          ImportDeclaration(node) {
            const only = node.importKind === "type" ||
              (node.specifiers.length > 0 &&
                node.specifiers.every((one) => one.type === "ImportSpecifier" && one.importKind === "type"));
            add(node.source.value, only, node);
          },
          ExportAllDeclaration(node) {
            add(node.source.value, node.exportKind === "type", node);
          },
          ExportNamedDeclaration(node) {
            if (node.source) add(node.source.value, node.exportKind === "type", node);
          },
          ExportDefaultDeclaration() {
            facts.default_export = true;
          },
          ImportExpression(node) {
            const { source: named } = node;
            if (named.type === "Identifier") add(constantOf(source, named.name), false, node);
            else add(named.type === "Literal" ? named.value : undefined, false, node);
          },
          MemberExpression(node) {
            if (
              node.object.type === "Identifier" &&
              ["Deno", "Date", "Math", "crypto"].includes(node.object.name)
            ) {
              const name = node.property.type === "Identifier" && !node.computed
                ? node.property.name
                : node.property.type === "Literal"
                ? String(node.property.value)
                : "?";
              facts.uses.add(`${node.object.name}.${name}`);
            }
          },
          VariableDeclarator(node) {
            // `const { env } = Deno`
            if (
              node.init?.type === "Identifier" && node.init.name === "Deno" &&
              node.id.type === "ObjectPattern"
            ) {
              for (const one of node.id.properties) {
                if (one.type === "Property" && one.key.type === "Identifier") {
                  facts.uses.add(`Deno.${one.key.name}`);
                }
              }
            }
          },
          CallExpression(node) {
            if (node.callee.type === "Identifier") facts.uses.add(`${node.callee.name}()`);
          },
          NewExpression(node) {
            if (
              node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0
            ) {
              facts.uses.add("new Date()");
            }
          },
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, path, source);
  return facts;
}
