// Every module name that a source file mentions: values and types, static and dynamic, with the line it stands on.

import { parseSync } from 'oxc-parser';

/**
 * @typedef {object} Import
 * @property {string} specifier
 * @property {number} line from 1
 */

/**
 * Parses TypeScript or JavaScript and lists what it imports. A dynamic import of something computed is listed as
 * `undefined`, for nobody can tell where it leads.
 * @param {string} file decides the language by its ending
 * @param {string} text
 * @returns {{ imports: { specifier: string | undefined, line: number }[], errors: string[] }}
 */
export function findImports(file, text) {
  const parsed = parseSync(file, text);
  const found = [];
  const add = (specifier, at) => found.push({ specifier, line: lineOf(text, at) });
  visit(parsed.program, (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
      case 'ImportExpression':
      case 'TSImportType': {
        const source = node.source ?? node.argument;
        if (source) add(stringOf(source), source.start);
        break;
      }
      case 'TSExternalModuleReference':
        add(stringOf(node.expression), node.expression.start);
        break;
      case 'CallExpression':
        if (isLoader(node.callee) && node.arguments[0])
          add(stringOf(node.arguments[0]), node.arguments[0].start);
        break;
      case 'TSModuleDeclaration':
        // Widening another module's types is as much a tie to it as an import.
        if (node.id.type === 'Literal') add(node.id.value, node.id.start);
        break;
    }
  });
  for (const comment of parsed.comments) {
    const reference = /^\/\s*<reference\s+(?:types|path)\s*=\s*["']([^"']+)["']/.exec(comment.value);
    if (reference) add(reference[1], comment.start);
  }
  const byLine = found.sort((a, b) => a.line - b.line);
  return { imports: byLine, errors: parsed.errors.map((error) => error.message) };
}

/** `require(…)`, `import.meta.resolve(…)`, `process.getBuiltinModule(…)`, and vitest's `vi.mock(…)` and its kin. */
function isLoader(callee) {
  if (callee.type === 'Identifier') return callee.name === 'require';
  if (callee.type !== 'MemberExpression' || callee.computed) return false;
  const { object, property } = callee;
  if (object.type === 'MetaProperty') return property.name === 'resolve';
  if (object.type !== 'Identifier') return false;
  return (
    (object.name === 'require' && property.name === 'resolve') ||
    (object.name === 'process' && property.name === 'getBuiltinModule') ||
    (object.name === 'vi' && /^(do)?(un)?mock$|^import(Actual|Mock)$/i.test(property.name))
  );
}

function stringOf(node) {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TSLiteralType') return stringOf(node.literal);
  if (node.type === 'TemplateLiteral' && node.quasis.length === 1) return node.quasis[0].value.cooked;
  return undefined;
}

function visit(node, each) {
  if (Array.isArray(node)) {
    for (const child of node) visit(child, each);
  } else if (node !== null && typeof node === 'object') {
    if (typeof node.type === 'string') each(node);
    for (const key in node) if (key !== 'type') visit(node[key], each);
  }
}

function lineOf(text, offset) {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
