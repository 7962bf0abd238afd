/** Certificate and key from files, checked before anything listens, and again when they are replaced. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Files that cannot be used. `message` says which and why. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
}

/** Throws {@link TlsError}. */
export function readTlsFiles(certFile: string, keyFile: string): TlsFiles {
  const [cert, key] = [readText(certFile), readText(keyFile)];
  const certificate = parsed(() => new X509Certificate(cert), `${certFile} holds no certificate (PEM).`);
  const privateKey = parsed(
    () => createPrivateKey(key),
    `${keyFile} holds no private key (PEM, no passphrase).`,
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TlsError(`The key in ${keyFile} does not belong to the certificate in ${certFile}.`);
  }
  parsed(() => createSecureContext({ cert, key }), `${certFile} cannot be used for TLS.`);
  return { cert, key };
}

/** When the first certificate of the chain expires, unix time in ms. */
export const expiryOf = ({ cert }: TlsFiles): number => Date.parse(new X509Certificate(cert).validTo);

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new TlsError(`${file} cannot be read.`, { cause: error });
  }
}

function parsed<T>(parse: () => T, message: string): T {
  try {
    return parse();
  } catch (error) {
    throw new TlsError(message, { cause: error });
  }
}
