# SPDX-License-Identifier: GPL-2.0-or-later
# Declares ports in every way and with every tool, and collects what came of it.
# shellcheck shell=bash

# Theory of operation: each pair of a tool and a form (a line of the file "forms") has three port
# numbers of its own, on the host and in the container. So everything runs side by side, a number
# tells whose it is, and engine, sockets and clients are asked just once, at the end. Starting
# containers is what takes time: forms that a tool is expected to take without a word are declared
# together, as the ports of one service. The others get a file each, so that what is printed is
# surely about them. If the quiet ones do make the tool speak, each is tried alone after all; and
# the expected rows themselves were made with each alone.
#
# What is seen goes to $LAB_DIR/facts, a line each, with tabs; rows.awk makes the rows of it:
#   form      NUMBER TITLE ASKED
#   said      KEY WORDS
#   published PROTOCOL ADDRESS PORT CONTAINER-PORT  the engine's word; ADDRESS "ingress": the mesh
#   socket    PROTOCOL ADDRESS PORT PROCESS         in the host's namespace
#   answer    KEY WHO PORT VERDICT                  PORT as the forms call it
# A KEY is TOOL-FORM, such as v2-17.

export LC_ALL=C
shopt -s extglob
PUBLISHING=$LAB_HOME/publishing
# The tools, and where their port numbers begin: tool + 10 * form is what the forms call 1234.
declare -A TOOL_FIRST=([run]=20000 [v1]=21000 [v2]=22000 [stack]=23000)
# Each by the number of its form, counted from 10 to have two digits.
declare -a FORM=() FORM_RUN=() FORM_SERVICE=() FORM_OVERRIDE=() FORM_ASKED=() FORM_FLAG=()
declare -A SAID=()

# Writes down a fact.
fact() {
	local IFS=$'\t'
	printf '%s\n' "$*" >>"$LAB_DIR/facts"
}

# Reads the file of forms.
forms_read() {
	local line cells plain n=10
	while read -r line; do
		[[ $line && $line != \#* ]] || continue
		# Without the blanks around the semicolons, and one field more, which may be empty.
		line=$(sed 's/ *; */;/g; s/$/;/' <<<"$line")
		IFS=';' read -r -a cells <<<"$line;"
		plain=${cells[0]#\`}
		plain=${plain%%\`*}
		[[ ${cells[1]} == = ]] && cells[1]="-p $plain"
		[[ ${cells[2]} == = ]] && cells[2]="ports: [\"$plain\"]"
		FORM[n]=${cells[0]} FORM_RUN[n]=${cells[1]} FORM_SERVICE[n]=${cells[2]}
		FORM_OVERRIDE[n]=${cells[3]} FORM_ASKED[n]=${cells[4]} FORM_FLAG[n]=${cells[5]-}
		fact form "$n" "${FORM[n]}" "${FORM_ASKED[n]}"
		n=$((n + 1))
	done <"$PUBLISHING/forms"
}

# Sets REPLY to text $3 with the ports of tool $1 and form $2 for 1234 to 1236.
with_ports() {
	local first=$((TOOL_FIRST[$1] + $2 * 10))
	REPLY=${3//1234/$first}
	REPLY=${REPLY//1235/$((first + 1))}
	REPLY=${REPLY//1236/$((first + 2))}
}

# Sets SPECS to what the server of forms $2... of tool $1 is to serve; where any host port will
# do, 1234.
specs_set() {
	local tool=$1 form word
	SPECS=()
	shift
	for form in "$@"; do
		for word in ${FORM_ASKED[form]#* }; do
			[[ $word == [0-9]* ]] || word=1234
			with_ports "$tool" "$form" "${FORM_ASKED[form]%% *}:$word"
			SPECS+=("$REPLY")
		done
	done
}

# Sets SAID of tool $1 and form $2 from what was printed (stdin) and the exit code $3, by the file
# of phrases.
said_set() {
	local said first=$((TOOL_FIRST[$1] + $2 * 10))
	said=$(awk -f "$PUBLISHING/said.awk" "$PUBLISHING/phrases" -)
	if (($3)); then
		[[ $said == *refused:* ]] || said="refused: ${said:-exit code $3}"
	elif [[ $said == *refused:* ]]; then
		said+=" (but exit code 0)"
	fi
	said=${said//$first/1234}
	said=${said//$((first + 1))/1235}
	SAID[$1-$2]=${said//$((first + 2))/1236}
}

# Starts one container with `docker run` and forms $1...; prints what that prints. The shell is
# the one to fill in variables here, as it would for a person.
run_up() {
	local form args=''
	specs_set run "$@"
	for form in "$@"; do
		with_ports run "$form" "${FORM_RUN[form]}"
		args+="$REPLY "
	done
	(
		set +u -f
		eval "docker run -d --name run-$1 $args lab --name run-$1 ${SPECS[*]}"
	) 2>&1 >/dev/null
}

# Prints the file of tool $1 for forms $3...; $2 is "base" or "override". Those that only have
# ports are one service.
compose_file() {
	local tool=$1 part=$2 form shared=()
	shift 2
	[[ ${FORM_FLAG[$1]} == noversion ]] || echo "version: '3.7'"
	echo "services:"
	for form in "$@"; do
		if [[ ${FORM_SERVICE[form]}${FORM_OVERRIDE[form]} == "ports: ["*([!!])] ]]; then
			shared+=("$form")
		else
			service "$tool" "$part" "f$form" "$form"
		fi
	done
	((!${#shared[@]})) || service "$tool" "$part" "f${shared[0]}" "${shared[@]}"
}

# Prints service $3 of the file $2 of tool $1, for forms $4....
service() {
	local tool=$1 part=$2 name=$3 form lines all=''
	shift 3
	for form in "$@"; do
		lines=${FORM_SERVICE[form]}
		[[ $part == override ]] && lines=${FORM_OVERRIDE[form]}
		with_ports "$tool" "$form" "$lines"
		if (($# > 1)); then
			REPLY=${REPLY#ports: [}
			REPLY=${REPLY%]}
		fi
		[[ $REPLY ]] && all+=", $REPLY"
	done
	all=${all#, }
	[[ $all ]] || return 0
	(($# > 1)) && all="ports: [$all]"
	if [[ $part == base ]]; then
		specs_set "$tool" "$@"
		printf -v lines ', "%s"' "--name" "$tool-$1" "${SPECS[@]}"
		all="image: lab, command: [${lines#, }], $all"
	fi
	echo "  $name: {$all}"
}

# Compose v1, which is the machine's own package, with any engine.
v1() {
	on host env DOCKER_HOST=unix:///run/docker.sock docker-compose "$@"
}

# Compose v2, of Debian sid: as the engine's plugin, or as a program of its own where the engine
# is older.
v2() {
	if [[ $LAB_CHROOT ]]; then
		compose "$@"
	else
		on host env DOCKER_HOST=unix:///run/docker.sock \
			"$(engine_path sid)/usr/libexec/docker/cli-plugins/docker-compose" "$@"
	fi
}

# Starts forms $2... with tool $1, v1, v2 or stack, from one file; prints what the tool prints.
project_up() {
	local tool=$1 form dir=$LAB_DIR/publishing-$1-$2 files flag=-f
	shift
	mkdir -p "$dir"
	[[ $tool == stack ]] && flag=-c
	compose_file "$tool" base "$@" >"$dir/base.yml"
	files=("$flag" "$dir/base.yml")
	for form in "$@"; do
		[[ ${FORM_OVERRIDE[form]} ]] || continue
		compose_file "$tool" override "$@" >"$dir/override.yml"
		files+=("$flag" "$dir/override.yml")
		break
	done
	if [[ $tool == stack ]]; then
		docker stack deploy --resolve-image never "${files[@]}" "stack$1" 2>&1
	else
		"$tool" -p "$tool$1" "${files[@]}" up -d 2>&1
	fi
}

# Starts forms $2... with tool $1 at once; prints what it prints.
tool_up() {
	if [[ $1 == run ]]; then
		run_up "${@:2}"
	else
		project_up "$@"
	fi
}

# Ends what tool_up began with tool $1 and form $2 in front, and waits until its ports are free
# again.
tool_down() {
	case $1 in
	run) docker rm -f "run-$2" ;;
	stack) docker stack rm "stack$2" ;;
	*) "$1" -p "$1$2" -f "$LAB_DIR/publishing-$1-$2/base.yml" down -t 0 ;;
	esac >/dev/null 2>&1
	wait_until containers_gone "^$1-?$2"
}

# Tells whether no container of that name is left, which is a regular expression.
containers_gone() {
	[[ ! $(docker ps -aq --filter "name=$1") ]]
}

# Tries all forms with tool $1; forms $2... together, as they are supposed to be quiet.
tool_try() {
	local tool=$1 form rc=0 log=$LAB_DIR/publishing.log alone=() quiet=" ${*:2} " together=()
	for form in "${!FORM[@]}"; do
		[[ $tool == run && ${FORM_RUN[form]} == - ]] && continue
		if [[ $quiet == *" $form "* && ! ${FORM_FLAG[form]} ]]; then
			together+=("$form")
		else
			alone+=("$form")
		fi
	done
	if ((${#together[@]})); then
		tool_up "$tool" "${together[@]}" >"$log" || rc=$?
		for form in "${together[@]}"; do
			said_set "$tool" "$form" "$rc" <"$log"
		done
		if [[ ${SAID[$tool-$form]} ]]; then
			lab_note "$tool is not quiet, so each form alone: ${SAID[$tool-$form]}"
			tool_down "$tool" "${together[0]}"
			alone=("${together[@]}" "${alone[@]}")
		fi
	fi
	for form in "${alone[@]}"; do
		rc=0
		tool_up "$tool" "$form" >"$log" || rc=$?
		said_set "$tool" "$form" "$rc" <"$log"
	done
}

# Tells whether each service of the swarm has its container.
services_run() {
	! docker service ls --format '{{.Replicas}}' | grep -qv '^1/1'
}

# Waits until each container serves.
all_serve() {
	local ids pid LAB_PATIENCE=60
	wait_until services_run || return
	mapfile -t ids < <(docker ps -q)
	for pid in $(docker inspect -f '{{.State.Pid}}' "${ids[@]}"); do
		wait_until grep -qsx ready "$LAB_ROOT/proc/$pid/root/log" || return
	done
}

# Writes down what the engine says that it published.
published_facts() {
	local ids
	mapfile -t ids < <(docker ps -aq)
	docker inspect "${ids[@]}" | jq -r '.[] | .NetworkSettings.Ports // {} | to_entries[] |
		(.key | split("/")) as $to | .value // [] | .[] |
		["published", $to[1], .HostIp, .HostPort, $to[0]] | @tsv'
	mapfile -t ids < <(docker service ls -q)
	docker service inspect "${ids[@]}" | jq -r '.[] | .Endpoint.Ports // [] | .[] |
		select(.PublishMode == "ingress") |
		["published", .Protocol, "ingress", .PublishedPort, .TargetPort] | @tsv'
} >>"$LAB_DIR/facts"

# Writes down what listens in the host's namespace.
socket_facts() {
	on host ss -Hlntup | awk -v OFS='\t' '{
		port = $5
		sub(/.*:/, "", port)
		process = $7
		sub(/^[^"]*"/, "", process)
		sub(/".*/, "", process)
		print "socket", $1, substr($5, 1, length($5) - length(port) - 1), port, process
	}'
} >>"$LAB_DIR/facts"

# The clients, in the order of the columns: where they stand, what they ask, and what rows.awk
# calls that.
readonly PUBLISHING_CLIENTS="host 127.0.0.1 h4
host ::1 h6
world $HOST w4
world $HOST6 w6"

# Prints the questions of a client to ADDRESS $1 called $2: KEY WHO NAME PROTOCOL ADDRESS PORT,
# NAME being what the forms call the port. A port that the engine took is asked in the address's
# family.
questions() {
	local key form word kind address port to family=4
	declare -A taken=()
	[[ $1 == *:* ]] && family=6
	while IFS=$'\t' read -r kind _ address port to; do
		[[ $kind == published ]] || continue
		case $address in
		ingress) taken[$to 4]=$port taken[$to 6]=$port ;;
		*:*) taken[$to 6]=$port ;;
		*) taken[$to 4]=$port ;;
		esac
	done <"$LAB_DIR/facts"
	for key in "${!SAID[@]}"; do
		form=${key#*-}
		for word in ${FORM_ASKED[form]#* }; do
			if [[ $word == [0-9]* ]]; then
				with_ports "${key%-*}" "$form" "$word"
			else
				with_ports "${key%-*}" "$form" 1234
				REPLY=${taken[$REPLY $family]-}
			fi
			[[ $REPLY ]] && echo "$key $2 $word ${FORM_ASKED[form]%% *} $1 $REPLY"
		done
	done
}

# Writes down what the clients get. An answer from a port of the container that is not the form's
# is not "open"; what answers says "NAME PROTOCOL/PORT ...".
answer_facts() {
	local role address who key name verdict banner first
	while read -r role address who; do
		questions "$address" "$who" >"$LAB_DIR/questions"
		while read -r key who name verdict _ banner _; do
			banner=${banner#*/}
			first=$((TOOL_FIRST[${key%-*}] + ${key#*-} * 10))
			[[ $verdict == open ]] && ((banner < first || banner > first + 2)) &&
				verdict="open, but as port $banner"
			fact answer "$key" "$who" "$name" "$verdict"
		done < <(
			# shellcheck disable=SC2016
			on "$role" bash -c 'while read -r key who name protocol address port; do
				echo "$key $who $name $(labserver --client "$protocol" "$address" "$port" --timeout 2000)"
			done' <"$LAB_DIR/questions"
		)
	done <<<"$PUBLISHING_CLIENTS"
}

# Prints the rows; ipvs is set where the kernel has IPVS.
rows() {
	local key
	for key in "${!SAID[@]}"; do
		fact said "$key" "${SAID[$key]:--}"
	done
	awk -v ipvs="$ipvs" -f "$PUBLISHING/rows.awk" "$LAB_DIR/facts"
}
