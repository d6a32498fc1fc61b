"""Sentences of the area `config` about the keys of accounts; none of them shows a key."""

from __future__ import annotations

from seedwatch.texts import Text

KEYS: dict[str, Text] = {
    "no_key_keyring": Text(
        "The keyring holds no key for the account {account}.", "钥匙串中没有账户 {account} 的密钥。"
    ),
    "no_key_keyring_do": Text(
        "Run: seedwatch key set {account}", "请运行：seedwatch key set {account}"
    ),
    "no_key_env": Text(
        "The account {account} takes its key from the variable {name}, which is not set.",
        "账户 {account} 的密钥取自环境变量 {name}，但它未设置。",
    ),
    "no_key_env_do": Text(
        "Set it before the start, or write key: keyring and run: seedwatch key set {account}",
        "请在启动前设置，或写 key: keyring 并运行：seedwatch key set {account}",
    ),
    "no_key_file": Text(
        "The account {account} takes its key from {name}, which is not there.",
        "账户 {account} 的密钥取自 {name}，但该文件不存在。",
    ),
    "no_key_file_do": Text(
        "Write the key into that file (chmod 600), or write key: keyring and run: "
        "seedwatch key set {account}",
        "请将密钥写入该文件（chmod 600），或写 key: keyring 并运行：seedwatch key set {account}",
    ),
    "no_key_cred": Text(
        "The service manager passed no credential {name} for the account {account}.",
        "服务管理器没有为账户 {account} 传入凭据 {name}。",
    ),
    "no_key_cred_do": Text(
        "Add LoadCredential={name}:PATH to the service.",
        "请在服务中加入 LoadCredential={name}:PATH。",
    ),
    "no_credentials": Text(
        "The account {account} wants a credential of the service manager, but none was passed.",
        "账户 {account} 需要服务管理器的凭据，但没有传入任何凭据。",
    ),
    "no_credentials_do": Text(
        "Start seedwatch as a service with LoadCredential=, or use key: env:NAME.",
        "请以带 LoadCredential= 的服务方式启动，或使用 key: env:NAME。",
    ),
    "key_empty": Text("The key of the account {account} is empty.", "账户 {account} 的密钥为空。"),
    "key_space": Text(
        "The key of the account {account} has spaces or several lines in it.",
        "账户 {account} 的密钥中含有空格或多行。",
    ),
    "key_characters": Text(
        "The key of the account {account} has characters that no key has.",
        "账户 {account} 的密钥含有密钥中不会出现的字符。",
    ),
    "key_too_long": Text(
        "The key of the account {account} is too long to be one.", "账户 {account} 的密钥过长。"
    ),
    "key_not_a_file": Text(
        "The key of the account {account} is not in a regular file.",
        "账户 {account} 的密钥不在普通文件中。",
    ),
    "key_again": Text("Copy it again from the provider's page.", "请从服务商页面重新复制。"),
    "key_exposed": Text(
        "Other users can read {path}, which holds the key of the account {account}.",
        "其他用户能读取 {path}，其中有账户 {account} 的密钥。",
    ),
    "key_exposed_do": Text("Run: chmod 600 {path}", "请运行：chmod 600 {path}"),
    "key_unreadable": Text(
        "{path}, which holds the key of the account {account}, cannot be read: {why}.",
        "无法读取存有账户 {account} 密钥的 {path}：{why}。",
    ),
    "no_keyring": Text(
        "The key of the account {account} cannot be kept in or read from a keyring: {why}.",
        "无法在钥匙串中保存或读取账户 {account} 的密钥：{why}。",
    ),
    "no_keyring_do": Text(
        "Use key: env:NAME, key: file:PATH or key: cred:NAME in config.yaml instead.",
        "请改在 config.yaml 中使用 key: env:NAME、key: file:PATH 或 key: cred:NAME。",
    ),
    "keyring_plaintext": Text("this machine has none that encrypts", "本机没有加密的钥匙串"),
    "keyring_silent": Text(
        "it did not answer within {seconds:g} seconds; is it locked?",
        "它在 {seconds:g} 秒内没有应答；是否已锁定？",
    ),
    "keyring_failed": Text("it failed ({kind})", "它出错了（{kind}）"),
}
