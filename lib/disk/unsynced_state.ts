// What a power cut would take: the content and the names that were changed and not yet synced. A test mode keeps account of them
// and undoes them when it lets the process die.
import { dirname, join } from "node:path";
import type { DiskOperation } from "./operation.ts";

/** What was at a path. */
type Before =
  | { readonly kind: "file"; readonly bytes: Uint8Array }
  | { readonly kind: "folder"; readonly entries: ReadonlyMap<string, Before> }
  | { readonly kind: "nothing" };

/** One change of names that a sync of the folder would make last. */
interface NameChange {
  readonly kind: "make" | "rename" | "remove";
  /** The name that is there after a "make", before a "rename" or "remove". */
  readonly path: string;
  /** The new name of a "rename"; `path` otherwise. */
  readonly to: string;
  /** What a "rename" replaced or a "remove" removed. */
  readonly before: Before;
}

/** Account of everything unsynced in this process. */
export class UnsyncedState {
  /** Content at the last sync, by path. */
  readonly #content = new Map<string, Before>();
  /** In the order in which they happened. */
  #names: NameChange[] = [];

  /** To be called before the operation happens. */
  before({ kind, path, to }: DiskOperation): void {
    switch (kind) {
      case "open":
        if (capture(path).kind !== "nothing") break;
        this.#content.set(path, { kind: "file", bytes: new Uint8Array() });
        this.#note("make", path);
        break;
      case "write":
      case "truncate":
        if (!this.#content.has(path)) this.#content.set(path, capture(path));
        break;
      case "make":
        this.#note("make", path);
        break;
      case "link":
        this.#note("make", to!);
        break;
      case "rename":
        this.#note("rename", path, to!, this.#content.get(to!) ?? capture(to!));
        break;
      case "remove":
        this.#note("remove", path, path, capture(path));
        break;
      case "sync":
        break;
      default:
        kind satisfies never;
    }
  }

  /** To be called when the operation has happened. */
  after({ kind, path, to }: DiskOperation): void {
    if (kind === "sync") {
      this.#content.delete(path);
      this.#settle(path);
    } else if (kind === "remove") this.#content.delete(path);
    else if (kind === "rename") {
      for (const [old, before] of [...this.#content]) {
        if (!isWithin(path, old)) continue;
        this.#content.delete(old);
        this.#content.set(moved(old, path, to!), before);
      }
    }
  }

  /** What a failed sync leaves: the kernel drops the pages and calls them clean. */
  dropContent(path: string): void {
    const before = this.#content.get(path);
    if (before?.kind === "file") Deno.writeFileSync(path, before.bytes);
    this.#content.delete(path);
  }

  /** Takes all unsynced content back and, with `names`, every unsynced change of names. */
  lose({ names }: { readonly names: boolean }): void {
    for (const path of [...this.#content.keys()]) {
      if (capture(path).kind === "file") this.dropContent(path);
    }
    if (!names) return;
    for (const change of this.#names.toReversed()) undo(change);
  }

  #note(
    kind: NameChange["kind"],
    path: string,
    to: string = path,
    before: Before = { kind: "nothing" },
  ): void {
    this.#names.push({ kind, path, to, before });
  }

  /** The changes in `folder` last from now on; what happened inside of a folder that was renamed keeps the new name then. */
  #settle(folder: string): void {
    const kept: NameChange[] = [];
    for (const [index, change] of this.#names.entries()) {
      const place = this.#names.slice(index + 1).reduce(
        (at, later) =>
          later.kind === "rename" ? moved(at, later.path, later.to) : at,
        dirname(change.to),
      );
      if (place !== folder) {
        kept.push(change);
      } else if (change.kind === "rename") {
        for (const [at, earlier] of kept.entries()) {
          kept[at] = {
            ...earlier,
            path: moved(earlier.path, change.path, change.to),
            to: moved(earlier.to, change.path, change.to),
          };
        }
      }
    }
    this.#names = kept;
  }
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function moved(path: string, from: string, to: string): string {
  return isWithin(from, path) ? to + path.slice(from.length) : path;
}

function undo({ kind, path, to, before }: NameChange): void {
  try {
    if (kind === "make") Deno.removeSync(path, { recursive: true });
    else {
      if (kind === "rename") Deno.renameSync(to, path);
      restore(to, before);
    }
  } catch (error) {
    // Another process has undone or removed what the change was about.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function capture(path: string): Before {
  let found: Deno.FileInfo;
  try {
    found = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { kind: "nothing" };
    throw error;
  }
  if (!found.isDirectory) {
    return { kind: "file", bytes: Deno.readFileSync(path) };
  }
  const entries = new Map<string, Before>();
  for (const { name } of Deno.readDirSync(path)) {
    entries.set(name, capture(join(path, name)));
  }
  return { kind: "folder", entries };
}

function restore(path: string, before: Before): void {
  if (before.kind === "nothing") return;
  if (before.kind === "file") {
    Deno.writeFileSync(path, before.bytes);
    return;
  }
  Deno.mkdirSync(path);
  for (const [name, inner] of before.entries) restore(join(path, name), inner);
}
