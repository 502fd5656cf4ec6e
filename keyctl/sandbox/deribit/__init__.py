"""Deribit's key methods of API version 2.1.1, for reading and writing: JSON-RPC over HTTP.

Facts come from https://docs.deribit.com/api-reference/account-management/ (private-list_api_keys,
private-create_api_key, private-edit_api_key, private-change_scope_in_api_key, private-change_api_key_name,
private-enable_api_key, private-disable_api_key, private-reset_api_key, private-remove_api_key,
private-get_access_log, private-get_subaccounts, private-get_account_summary, private-get_account_summaries),
/api-reference/authentication/ (public-auth, public-exchange_token), /api-reference/market-data/
(public-get_index_price_names, public-get_index_price) and /articles/ (security-keys, access-scope, creating-api-key,
errors, rate-limits). Websockets and FIX are not simulated, nor are signatures by keys of one's own: such keys are
created, listed and edited, and can't call.

In a scenario. ``rights`` of a key map a group to one level: ``{account: [read_write], trade: [read]}``; ``ips`` are
single addresses. ``native`` of a key: ``number`` (its `id`; given in order where it is 0), ``enabled``, ``features``
(`enabled_features`), ``public_key``, ``resets`` (how often its secret was reset), ``timestamp`` (ms; its creation
where it is 0). ``native`` of an account: ``username``, ``system_name``, ``email``, ``login_enabled``, ``two_factor``
(``none``; ``writes``: asked where the documentation flags a method that writes; ``all``: also when keys are listed;
``setup-required``: 13904 there), ``log`` (entries ``{at, log, data}``, in any order; ``at`` as other times),
``next_number`` and ``next_entry``. Options stand in `vocabulary`. ``balances`` of an
account are ``{account: {BTC: "0.5"}}``, ``prices`` in USD by asset.

Where the documentation is silent or says two things, one reading is taken. Every call:

- A method is called by GET with its parameters in the query, or by GET or POST with a JSON-RPC body, at its own path
  or (POST) at ``/api/v2``. A path and a body that name two methods are refused. Unknown parameters are ignored.
- Errors come with HTTP status 400, 13009 with 401, 10028 with 429. A key that is unknown, removed or disabled is
  13004; a wrong signature, a time more than 60 s off, an expired token and a caller outside the key's addresses are
  13009.
- A nonce may be used again within the 60 s, since ccxt sends the time as nonce and may sign twice in a millisecond
  (option ``nonce_reuse: refused`` answers 13009).
- The order of the checks: authorization, address, credits, method's scope (13021), second factor, parameters
  (-32602).
- A missing or wrong parameter and an unknown key number are -32602; a ninth key is 11050.
- A token without a requested scope gets all that its key may (option ``token_scope: connection``: nothing but the
  connection, as an old sample shows). A requested scope beyond the key's is cut down to it. A token lives 900 s, or
  ``expires:N``. It ends with its key's removal, disabling or reset, and never can do more than its key can now.
- Each account has 50,000 credits, a call costs 500, and 10,000 come back in a second.

Keys:

- A listing shows secrets, and an MD5 fingerprint for a key with a public key. Those of keys that can do more than the
  caller are left out (option ``stronger_keys: refused``: the whole call is 13403).
- ``timestamp`` is the creation (option ``timestamp: modified``: the last change).
- A key without addresses has no ``ip_whitelist`` (option ``empty_list_shown``: an empty one).
- Addresses are single ones, IPv4 or IPv6; networks and ``*`` are refused. An empty list, which only a body can hold,
  takes all addresses off (option ``empty_list: refused`` answers -32602). In a query a list is repeated names, or
  ccxt's ``name[0]=``; JSON text in a query is no documented form and refused (option ``json_text_lists`` takes it).
  Python's ``['…']`` is always refused.
- ``max_scope`` is one text with spaces, or a list of texts. It replaces the whole set; ``none`` is not shown again.
- A key may do to itself what it may do to others. Nothing beyond the caller's own scope may be created, edited to,
  edited, enabled, disabled, reset or removed (13403).
- Fields that edit_api_key is not sent stay. A new name is up to 16 letters, digits and underscores; the
  documentation's own sample, "Public key 1", is refused by that.
- The log has an entry for each event that the documentation names, newest first; a new name and new features have
  none. (option ``log_shape: object`` gives the sample's shape, with the action as ``result``).

Balances: there are no positions, so equity is balance. Every account has a summary of four currencies, and of what else
lies in it. A main account names a sub-account by ``subaccount_id``; another one is -32602. Bitcoin and ether have an
index in USD, in USDC and in USDT, everything else one in USDC, as far as these have prices; an unknown index is -32602.

Accounts: a sub-account is shown its main account with ``id``, ``type``, ``username`` and ``system_name`` ("limited
details"), and itself. The second factor is invented: with ``step`` the exchange's Unix time divided by 30, the code
is (uid + step) modulo 1,000,000 in six digits; the steps before and after are taken too, each code once. A challenge
is good for 60 s and one try.
"""

from __future__ import annotations

from keyctl.sandbox.deribit.exchange import Deribit

__all__ = ["Deribit"]
