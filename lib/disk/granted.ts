// What this process already may do. Code that can do without asks here first, so that Deno never prompts.

/** True where the access would pass without a question. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** What an environment variable is set to; null where it is unset or empty, or where Deno would have to ask. */
export function grantedVariable(name: string): string | null {
  const mayAsk = isGranted({ name: "env", variable: name });
  const value = mayAsk ? Deno.env.get(name) : undefined;
  return value === undefined || value === "" ? null : value;
}
