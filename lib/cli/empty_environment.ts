// Imported before everything else: npm:yaml, commander and others read environment names when they are loaded or used, which would make
// Deno ask for env access. They get an empty environment. What counts, NO_COLOR, Deno itself tells without a permission.
import process from "node:process";

Object.defineProperty(process, "env", {
  value: {},
  writable: true,
  configurable: true,
});
