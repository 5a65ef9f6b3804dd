// Whether this process already has a permission. Code that can do without asks here first, so that Deno never prompts.

/** True where the access would pass without a question. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
