# Sourced by ../run: a company over REST, five terminals over ADMS, and what arrives.

api() { # METHOD PATH [JSON]
	local body=()
	(($# < 3)) || body=(-H "Content-Type: application/json" -d "$3")
	curl -sS --fail-with-body -X "$1" -H "Authorization: Token $token" "${body[@]}" "$url$2"
}

member() { # NAME <JSON: the first number or string of that name
	sed -n 's/^[^"]*\({.*\)/\1/; s/.*[{,]"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/p' | head -n 1
}

create() { # PATH JSON: prints the id
	api POST "$1" "$2" | sed -n 's/^{"id":\([0-9]*\),.*/\1/p'
}

company_make() {
	local production office operator manager n first last names place
	production=$(create /personnel/api/departments/ '{"dept_code":"10","dept_name":"Production"}')
	office=$(create /personnel/api/departments/ '{"dept_code":"20","dept_name":"Office"}')
	operator=$(create /personnel/api/positions/ '{"position_code":"OP","position_name":"Operator"}')
	manager=$(create /personnel/api/positions/ '{"position_code":"MG","position_name":"Manager"}')
	factory=$(create /personnel/api/areas/ '{"area_code":"10","area_name":"Factory"}')
	n=1001
	names="Asha:Rao Bilal:Khan Carmen:Diaz Dmitri:Orlov Elena:Popescu Farid:Haddad Grace:Okafor Hiro:Tanaka"
	for place in $names; do
		first=${place%:*} last=${place#*:}
		create /personnel/api/employees/ "{\"emp_code\":\"$n\",\"first_name\":\"$first\",\"last_name\":\"$last\",\"department\":$production,\"position\":$operator,\"area\":[2,$factory]}" >/dev/null
		n=$((n + 1))
	done
	create /personnel/api/employees/ "{\"emp_code\":\"$n\",\"first_name\":\"Ines\",\"last_name\":\"Moreau\",\"department\":$office,\"position\":$manager,\"area\":[2,$factory]}" >/dev/null
	echo "demo: 2 departments, 2 positions, 1 area and 9 employees created over REST"
}

terminals_approve() { # as an administrator would: each is moved to an area of its own choice
	local known ids id area n=0 i
	for ((i = 0; i < 300; i++)); do
		known=$(api GET "/iclock/api/terminals/?page_size=100&sn_icontains=DEMO")
		ids=$(grep -o '{"id":[0-9]*,"sn"' <<<"$known" | grep -o '[0-9]*') || ids=
		(($(wc -w <<<"$ids") >= 5)) && break
		sleep 0.2
	done
	for id in $ids; do
		area=$factory
		((n++ % 2)) || area=2
		api PATCH "/iclock/api/terminals/$id/" \
			"{\"area\":$area,\"alias\":\"Demo terminal $n\"}" >/dev/null
		api POST "/iclock/api/terminals/$id/sync/" "{}" >/dev/null # simulated ones forget
	done
	echo "demo: $n terminals approved over REST; they now fetch their people"
}

transactions_show() { # what an ERP would do: remember the last id, ask for more
	local rows last=0
	rows=$(api GET "/iclock/api/transactions/?page_size=1&ordering=-id")
	last=$(grep -o '"id":[0-9]*' <<<"$rows" | head -n 1 | grep -o '[0-9]*') || last=0
	last=${last:-0}
	echo "demo: GET /iclock/api/transactions/?id_more_than=$last  (and so on, every 2 seconds)"
	while kill -0 "$server" 2>/dev/null; do
		rows=$(api GET "/iclock/api/transactions/?page_size=1000&id_more_than=$last") || break
		sed 's/{"id":/\n{"id":/g' <<<"$rows" | sed -n 's/^{"id":\([0-9]*\),.*"emp_code":"\([^"]*\)","first_name":\("\([^"]*\)"\|null\).*"punch_time":"\([^"]*\)".*"punch_state_display":"\([^"]*\)".*"terminal_sn":"\([^"]*\)".*/\1 \5 \7 \2 \6 \4/p' |
			while read -r id day time sn code rest; do
				printf '  punch %-6s %s %s  %s  PIN %-6s %s\n' "$id" "$day" "$time" "$sn" "$code" "$rest"
			done
		id=$(grep -o '"id":[0-9]*,"emp"' <<<"$rows" | tail -n 1 | grep -o '[0-9]*') || id=
		last=${id:-$last}
		sleep 2
	done
}

demo_stop() {
	trap - INT TERM EXIT
	[[ -z ${terminals:-} ]] || kill "$terminals" 2>/dev/null || true
	[[ -z ${server:-} ]] || kill "$server" 2>/dev/null || true
	wait 2>/dev/null || true
	echo "demo: stopped; the data stay in $PUNCHD_DATA_DIR"
	exit "${1:-0}"
}

demo() {
	local listen=${PUNCHD_LISTEN:-0.0.0.0:8081} arg i made password=$PUNCHD_DATA_DIR.password
	for arg in "$@"; do
		[[ $arg != --listen=* ]] || listen=${arg#--listen=}
	done
	listen=${listen%%,*}
	url=http://${listen/0.0.0.0/127.0.0.1}
	mkdir -p "$(dirname "$PUNCHD_DATA_DIR")"
	if [[ ! -s $password ]]; then # no default password exists anywhere, not in a demo either
		(umask 077 && head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$password")
	fi
	trap 'demo_stop 0' INT TERM
	trap 'demo_stop 1' EXIT
	PUNCHD_LOG_LEVEL=${PUNCHD_LOG_LEVEL:-warn} PUNCHD_ADMIN_PASSWORD_FILE=$password \
		setsid "$punchd" serve "$@" & # Ctrl-C is for us: the server is told once, by demo_stop
	server=$!
	token=
	for ((i = 0; i < 600; i++)); do # whoever answers is asked for a token: then it is ours
		kill -0 "$server" 2>/dev/null || die "punchd did not start"
		token=$(curl -sf -m 5 -d "username=admin" --data-urlencode "password@$password" \
			"$url/api-token-auth/" | member token) || token=
		[[ -z $token ]] || break
		sleep 0.2
	done
	[[ -n $token ]] || die "could not log in at $url"
	echo "demo: $url, user admin, password $(<"$password") (kept in $password)"
	made=$(api GET "/personnel/api/areas/?area_code=10")
	factory=$(grep -o '"data":\[{"id":[0-9]*' <<<"$made" | grep -o '[0-9]*$') || company_make
	setsid "$punchsim" run --server "${url#http://}" --terminals 5 --sn-prefix DEMO --profile mixed \
		--people 2 --pin-base 2000 --punch-every 4 --delay 3 >/dev/null &
	terminals=$!
	terminals_approve
	transactions_show
}
