<?php
// Asks with each body that is given, one after the other and then all at once: php_client.php URL BODY...
function prepare($url, $body) {
    $handle = curl_init($url);
    curl_setopt($handle, CURLOPT_HTTPHEADER, ['Content-Type: application/json']);
    curl_setopt($handle, CURLOPT_POSTFIELDS, $body);
    curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
    return $handle;
}

$bodies = array_slice($argv, 2);
foreach ($bodies as $body) {
    $handle = prepare($argv[1], $body);
    echo curl_exec($handle), "\n";
    curl_close($handle);
}

$multi = curl_multi_init();
$handles = [];
foreach ($bodies as $body) {
    $handles[] = prepare($argv[1], $body);
    curl_multi_add_handle($multi, end($handles));
}
do {
    curl_multi_exec($multi, $running);
    curl_multi_select($multi);
} while ($running);
foreach ($handles as $handle) {
    echo curl_multi_getcontent($handle), "\n";
    curl_multi_remove_handle($multi, $handle);
}
