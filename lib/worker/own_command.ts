// The flags that give another process of fluxline the permissions of this one.
import { join } from "node:path";
import { isGranted } from "../disk/granted.ts";
import { configFlags } from "./code_fetch.ts";

const KINDS = ["read", "write", "run", "env", "net", "ffi"] as const;
const SYSTEM_FACTS = [
  ...["hostname", "statfs", "systemMemoryInfo", "osRelease", "cpus"] as const,
];

/** Arguments of `deno` that run `cli.ts` of `packageRoot` with this process's permissions. */
export function ownCommand(packageRoot: string): string[] {
  const granted = KINDS.filter((name) => isGranted({ name }));
  const facts = SYSTEM_FACTS.filter((kind) =>
    isGranted({ name: "sys", kind } as Deno.SysPermissionDescriptor)
  );
  return [
    "run",
    "--quiet",
    "--no-prompt",
    ...configFlags(packageRoot),
    ...granted.map((name) => `--allow-${name}`),
    ...facts.length === 0 ? [] : [`--allow-sys=${facts.join(",")}`],
    join(packageRoot, "cli.ts"),
  ];
}
