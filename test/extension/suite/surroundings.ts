/** What the runner started for the suite, told in the environment. */
export function registryAddress(): string {
  return process.env["SLIPWAY_TEST_REGISTRY"] ?? "";
}

export function registryLogin(): { username: string; password: string } {
  const [username = "", password = ""] = (process.env["SLIPWAY_TEST_REGISTRY_LOGIN"] ?? "").split(":");
  return { username, password };
}
