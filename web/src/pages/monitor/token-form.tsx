/** Where the operator lets only those watch who have a token. */
import { useId, useState } from 'preact/hooks';

export function TokenForm({ wasWrong, onToken }: { wasWrong: boolean; onToken: (token: string) => void }) {
  const id = useId();
  const [token, setToken] = useState('');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (token.trim() !== '') onToken(token);
  };
  return (
    <form class="card token-form" onSubmit={submit}>
      <p>The operator of this supernode shows its network to those who have a token.</p>
      <div class="field">
        <label for={id}>Token</label>
        <input
          id={id}
          type="password"
          autoComplete="current-password"
          required
          value={token}
          aria-invalid={wasWrong}
          aria-describedby={`${id}-error`}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </div>
      <p class="field-error" role="alert" id={`${id}-error`}>
        {wasWrong ? 'That is not the token. Ask the operator for it.' : ''}
      </p>
      <button class="button button-primary" type="submit">
        Watch the network
      </button>
    </form>
  );
}
