// Which package a bare import means, by deno.json, and in which version, by deno.lock.
import { join } from "node:path";
import { isGranted } from "../disk/granted.ts";
import { isRecord } from "../json/record.ts";

type NameMap = Readonly<Record<string, unknown>>;

/** Names and locked versions of the packages of one deno.json. */
export class PackageNames {
  readonly #imports: NameMap;
  readonly #specifiers: NameMap;

  /** Reads deno.json and deno.lock in `folder`; a file that is missing, or that may not be read, maps nothing. */
  static async read(folder: string): Promise<PackageNames> {
    const [config, lock] = await Promise.all([
      readObject(join(folder, "deno.json")),
      readObject(join(folder, "deno.lock")),
    ]);
    return new PackageNames(
      asMap(config["imports"]),
      asMap(lock["specifiers"]),
    );
  }

  private constructor(imports: NameMap, specifiers: NameMap) {
    this.#imports = imports;
    this.#specifiers = specifiers;
  }

  /** The target of a specifier: itself, or what the import map puts in its place. */
  resolve(specifier: string): string {
    const exact = this.#imports[specifier];
    if (typeof exact === "string") return exact;
    const prefix = Object.keys(this.#imports)
      .filter((name) => specifier.startsWith(`${name}/`))
      .sort((left, right) => right.length - left.length)[0];
    const target = prefix === undefined ? undefined : this.#imports[prefix];
    if (prefix === undefined || typeof target !== "string") return specifier;
    return `${target}${specifier.slice(prefix.length)}`;
  }

  /** `npm:yaml@2.9.1` for `npm:yaml@2` locked to 2.9.1; paths inside a package do not matter, its version does. */
  locked(target: string): string {
    const match = /^(npm|jsr):\/?((?:@[^/@]+\/)?[^/@]+)(@[^/]*)?/.exec(target);
    if (match === null) return target;
    const [, registry, name, range = ""] = match;
    const wanted = `${registry}:${name}${range}`;
    const version = this.#specifiers[wanted];
    if (typeof version !== "string") return wanted;
    // A version may carry the versions of its peers behind "_"; they are packages of their own.
    return `${registry}:${name}@${version.split("_")[0]}`;
  }
}

async function readObject(path: string): Promise<NameMap> {
  if (!isGranted({ name: "read", path })) return {};
  try {
    return asMap(JSON.parse(await Deno.readTextFile(path)));
  } catch {
    // Deno itself reports a broken configuration; here it only means that versions are taken as written.
    return {};
  }
}

function asMap(value: unknown): NameMap {
  return isRecord(value) ? value as NameMap : {};
}
