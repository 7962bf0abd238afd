/** Whether the connection costs by volume, as far as the browser tells (Network Information API; not in Firefox and Safari). */

/** The part of `navigator.connection` that is read. */
export interface ConnectionWords {
  /** The person asked for little traffic. */
  readonly saveData?: boolean;
  readonly type?: string;
}

export function isMetered(connection: ConnectionWords | undefined): boolean {
  return connection?.saveData === true || connection?.type === 'cellular';
}

const ownConnection = (): (ConnectionWords & EventTarget) | undefined =>
  (navigator as { connection?: ConnectionWords & EventTarget }).connection;

/** Tells now and after each change; returns how to stop. */
export function watchMetered(tell: (metered: boolean) => void): () => void {
  const connection = ownConnection();
  const look = () => tell(isMetered(connection));
  look();
  connection?.addEventListener?.('change', look);
  return () => connection?.removeEventListener?.('change', look);
}
