// What fluxline's own process may do. At most one question is ever asked: may it read the project folder?
import { dirname, resolve } from "node:path";
import { isGranted } from "../disk/granted.ts";
import { UsageError } from "../error/failure.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Makes sure that the project folder may be read, asking at a terminal.
 *
 * @throws UsageError where it may not
 */
export async function requireProjectRead(
  command: string,
  terminal: Terminal,
): Promise<void> {
  const read = { name: "read", path: "." } as const;
  const { state } = await Deno.permissions.query(read);
  if (state === "granted") return;
  if (state === "prompt" && terminal.interactive) {
    const answer = await Deno.permissions.request(read);
    if (answer.state === "granted") return;
  }
  throw new UsageError(
    `Cannot run "fluxline ${command}": this process may not read the project folder`,
    {
      hint:
        `Run \`deno task ${command}\`, or \`deno run -R cli.ts ${command}\``,
    },
  );
}

/**
 * Makes sure that the folder that a command makes may be written. Nothing is asked.
 *
 * @throws UsageError that names the command which has the permission
 */
export async function requireWritePermission(
  command: string,
  folder: string,
): Promise<void> {
  const { state } = await Deno.permissions.query({
    name: "write",
    path: dirname(resolve(folder)),
  });
  if (state === "granted") return;
  throw new UsageError(
    `Cannot run "fluxline ${command}": this process may not write beside "${folder}"`,
    {
      hint:
        `Run \`deno task ${command}\`, or \`deno run -R -W cli.ts ${command}\``,
    },
  );
}

/**
 * Makes sure that a native library can be fetched and kept.
 *
 * @throws UsageError that names the command which has the permissions
 */
export function requireInstallPermissions(): void {
  const missing = (["read", "write", "net", "run", "env"] as const)
    .filter((name) => !isGranted({ name }));
  if (missing.length === 0) return;
  throw new UsageError(
    `Cannot run "fluxline engine install": this process has no permission to ${
      missing.join(", ")
    }`,
    { hint: "Run `deno task engine install`" },
  );
}

/**
 * Makes sure that steps can be run. Nothing is asked: a run needs more than one answer could grant. `task` is the one of deno.json that
 * has the permissions.
 *
 * @throws UsageError that names the command which has the permissions
 */
export async function requireRunPermissions(
  command: string,
  file: string,
  task: string = command,
): Promise<void> {
  const needed: Deno.PermissionDescriptor[] = [
    { name: "read" },
    { name: "write" },
    { name: "run" },
  ];
  const missing: string[] = [];
  for (const permission of needed) {
    const { state } = await Deno.permissions.query(permission);
    if (state !== "granted") missing.push(permission.name);
  }
  if (missing.length === 0) return;
  throw new UsageError(
    `Cannot run "fluxline ${command}": this process has no permission to ${
      missing.join(", ")
    }`,
    {
      hint:
        `Run \`deno task ${task} ${file}\`, or \`deno run -R -W --allow-run --allow-env --allow-sys=statfs,hostname cli.ts ${command} ${file}\``,
    },
  );
}
