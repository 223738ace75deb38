/** What a registry asks of a user: for Docker Hub, the password may be a token. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}
