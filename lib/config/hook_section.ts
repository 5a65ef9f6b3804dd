// `on_success` and `on_failure`: what the schema cannot say, each fault with its place.
import {
  HOOK,
  type HookEntry,
  type HookName,
  HOOKS,
  type RunHooks,
  SECRET_REFERENCE,
} from "../catalog/hook_options.ts";
import {
  exactValue,
  isNull,
  keyPlaceOf,
  locate,
  type LocatedMap,
} from "../source/located_tree.ts";
import { checkOptions } from "./check_options.ts";
import { foundText } from "./issue_message.ts";
import type { Report } from "./report.ts";

/** Headers that carry nothing but secrets. */
const SECRET_HEADERS =
  /^(authorization|proxy-authorization|cookie|x-api-key)$/i;

/** The hooks of the file; those with faults are reported and left out. */
export function readHooks(document: LocatedMap, report: Report): RunHooks {
  const [success, failure] = HOOKS.map((name) =>
    readHook(document, name, report)
  );
  return { on_success: success ?? null, on_failure: failure ?? null };
}

function readHook(
  document: LocatedMap,
  name: HookName,
  report: Report,
): HookEntry | null {
  const tree = locate(document, [name]);
  if (tree === undefined || isNull(tree)) return null;
  if (tree.kind !== "map") {
    report.error(
      tree.place,
      `Cannot read "${name}": it must hold a map, found ${
        foundText(exactValue(tree))
      }`,
      "Write `command: [program, argument]` or `url: ${HOOK_URL}` below it",
    );
    return null;
  }
  const entry = checkOptions(HOOK, { tree, where: `"${name}"` }, report);
  if (entry === undefined) return null;
  if (entry.command === null && entry.url === null) {
    report.error(
      keyPlaceOf(document, [name]),
      `Cannot use "${name}": it has neither "command" nor "url"`,
      "Name a program with its arguments, or an address",
    );
  }
  if (entry.url !== null) checkUrl(entry.url, { document, name }, report);
  for (const [header, value] of Object.entries(entry.headers)) {
    const path = [name, "headers", header];
    if (SECRET_HEADERS.test(header) && value.search(SECRET_REFERENCE) < 0) {
      report.hide(value);
      report.error(
        keyPlaceOf(document, path),
        `Cannot read "${
          path.join(".")
        }": what is written there may be a secret`,
        "Put it into an environment variable and write ${NAME} in its place",
      );
    }
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header)) {
      report.error(
        keyPlaceOf(document, path),
        `Cannot use ${JSON.stringify(header)} as the name of a header`,
      );
    }
  }
  return entry;
}

/** An address with references is known only when it is used. */
function checkUrl(
  written: string,
  { document, name }: { document: LocatedMap; name: HookName },
  report: Report,
): void {
  if (written.search(SECRET_REFERENCE) >= 0) return;
  const place = keyPlaceOf(document, [name, "url"]);
  const url = URL.parse(written);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    report.error(
      place,
      `Cannot use ${
        JSON.stringify(written)
      } as "${name}.url": wanted an address that begins with https:// or http://`,
    );
  } else if (url.username !== "" || url.password !== "") {
    report.hide(written);
    report.error(
      place,
      `Cannot use "${name}.url": a user name or a password is written in it`,
      "Put the whole address into an environment variable and write ${NAME}",
    );
  }
}
