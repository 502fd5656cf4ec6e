"""OKX's v5 endpoints for keys and sub-accounts, for reading and writing.

Facts come from https://www.okx.com/docs-v5/en/ (get-account-configuration, get-sub-account-list, create, query, reset
and delete an API key of a sub-account, overview, error-code). The regional sites ``myokx`` and ``okxus`` are the same,
each with a world of its own: a key of one does not exist at the others.

What a scenario says:

- A key's ``rights`` are ``{perm: [read_only, trade, withdraw]}``, in the order in which answers show them; nothing said
  is ``[read_only]``. ``withdraw`` is for master keys only.
- A key's ``native``: ``demo`` (true: of demo trading) and ``idle_days`` (so long it was not used at the start).
  ``passphrase_digest`` stands in states, for keys that clients made. ``ips`` may hold networks; none is ``ip: ""``.
  ``label`` is the key's name if none is given.
- An account's ``native``: ``sub_acct`` (the name that calls use; else the account's own), ``label``, ``type`` (else 0
  for masters, 1 for sub-accounts), ``enable`` (false: frozen), ``frozen`` (list of functions), ``created_ms`` (else one
  second after the account before it) and ``api_frozen``.
- ``options``: ``main_uid`` (false: account/config leaves out ``mainUid``, as it once did), ``modify_says_read`` (false:
  the answer to a change says ``read_only``, not ``read`` as in the documented sample), ``read_implied`` (false: a key
  that is given ``trade`` alone has ``trade`` alone) and ``limits`` (false: no call comes too fast).

- ``balances``: ``{trading: {BTC: "0.5"}, funding: {USDT: 20}}``, and the exchange's ``prices`` in USD by asset
  (get-balance of both accounts, get-sub-account-trading-balance, get-sub-account-funding-balance, get-index-tickers).

Where the documentation is silent or says two things, one reading is taken:

- The order of the checks: path and method, headers, time, key, environment, passphrase, signature, address, frozen
  accounts, demo, main account, right, binding, rate, parameters, sub-account, key.
- The 30 s that are documented for logins of the WebSocket count for REST too, both ways.
- A key that nobody has is 50119 with HTTP 401, as was seen live, deleted ones too; 50111 is for text that can't be one.
- Codes 501xx come without ``data``, all others with an empty list; HTTP statuses are the documented ones.
- Any key reads, also one with ``trade`` or ``withdraw`` alone. Writing needs a main account's key with ``trade``
  (50120) that is bound to an address (50035).
- The key of a sub-account that is not enabled is refused with 59508.
- The endpoints of sub-accounts refuse keys of demo trading with 50038.
- Labels are unique within an account. Null is the same as absent, unknown parameters are ignored, and one of another
  type than text, or out of range, is 51000. An empty ``perm`` or label can't be set.
- Looking for one ``apiKey`` that is not there is 59506, like changing or deleting it.
- ``eqUsd`` of an asset without a price is empty, and it counts for nothing in ``totalEq``. There are indices in USD
  only, one for each asset with a price; without ``quoteCcy`` and ``instId`` it is 50014, an unknown index is 51001.
- Lists of sub-accounts are newest first. ``after`` and ``before`` leave out the moment that they name.
- Keys that may trade or withdraw, bound to nothing, not of demo trading and idle for 14 days are gone, as if they had
  never been. Whoever is told that a key is idle is told of the scenario's start; the first good call ends the idleness.
- The answer to a path that does not exist is HTTP 404 with the code 404.
- Sub-accounts can't be made, frozen or deleted here.
"""

from __future__ import annotations

from keyctl.sandbox.okx.exchange import Okx

__all__ = ["Okx"]
