// The document in a pipeline file, with overrides laid on it, before it is checked.
import { basename } from "node:path";
import {
  exactValue,
  isNull,
  locate,
  type LocatedMap,
} from "../source/located_tree.ts";
import { positionAt, type SourceText } from "../source/position.ts";
import { foundText } from "./issue_message.ts";
import { applyOverrides } from "./overrides.ts";
import type { Report } from "./report.ts";
import { readYaml } from "./yaml_document.ts";

/** The map at the top, or undefined where what is wrong was reported. */
export function readDocument(
  source: SourceText,
  overrides: readonly string[],
  report: Report,
): LocatedMap | undefined {
  const tree = readYaml(source, report);
  if (tree === undefined || report.failed) return undefined;
  if (tree.kind === "map") return applyOverrides(tree, overrides, report);
  const found = isNull(tree)
    ? "it is empty"
    : `it must hold a map, found ${foundText(exactValue(tree))}`;
  report.error(
    isNull(tree) ? { source, position: positionAt(source, 0, 0) } : tree.place,
    `Cannot read "${source.name}": ${found}`,
    'A pipeline is a map with the key "training"',
  );
  return undefined;
}

/** Name of the run: `name`, else the file name without its ending. */
export function runNameOf(document: LocatedMap, file: string): string {
  const written = locate(document, ["name"]);
  return written?.kind === "scalar" && typeof written.value === "string" &&
      written.value !== ""
    ? written.value
    : basename(file).replace(/\.ya?ml$/i, "");
}
