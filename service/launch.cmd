@echo off
rem Runs seedwatch, installing it into .venv first if need be; the twin of launch.sh.
rem
rem   service\launch.cmd            the daemon (with a starter configuration on first use)
rem   service\launch.cmd demo       try everything, at no cost
rem   service\launch.cmd ARGS...    seedwatch ARGS...
setlocal EnableExtensions DisableDelayedExpansion

for %%I in ("%~dp0..") do set "root=%%~fI"
set "python=%root%\.venv\Scripts\python.exe"
set "stamp=%root%\.venv\.seedwatch-pyproject"
set "lock=%root%\.venv.lock"
set "PYTHONHOME="

rem The stamp is a copy of pyproject.toml: as long as both are equal, nothing is installed.
call :is_ready && goto start
call :install || exit /b 1

:start
rem A double click starts in this folder; a workspace belongs beside it, not into it.
if /i "%CD%\"=="%~dp0" cd /d "%root%"
if "%~1"=="" (
    "%python%" -P -m seedwatch run --init
) else (
    "%python%" -P -m seedwatch %*
)
exit /b %ERRORLEVEL%

:is_ready
if not exist "%python%" exit /b 1
if not exist "%stamp%" exit /b 1
fc /b "%root%\pyproject.toml" "%stamp%" >nul 2>&1
exit /b %ERRORLEVEL%

:install
set /a waited=0
:wait
mkdir "%lock%" 2>nul && goto locked
if %waited%==0 echo seedwatch set-up: waiting for another set-up to finish 1>&2
set /a waited+=1
if %waited% gtr 900 (
    echo seedwatch set-up: another set-up does not finish; if there is none, remove "%lock%" 1>&2
    exit /b 1
)
ping -n 2 127.0.0.1 >nul
call :is_ready && exit /b 0
goto wait
:locked
call :is_ready
if errorlevel 1 call :make
set "result=%ERRORLEVEL%"
rmdir /s /q "%lock%"
exit /b %result%

:make
echo seedwatch set-up: installing into "%root%\.venv" ^(once^) 1>&2
where uv >nul 2>&1 && call :make_with_uv && goto made
call :make_with_pip || exit /b 1
:made
copy /y "%root%\pyproject.toml" "%stamp%" >nul
exit /b 0

:make_with_uv
if not exist "%python%" uv venv --quiet --python ">=3.11" "%root%\.venv" 1>&2 || exit /b 1
uv pip install --quiet --python "%python%" --editable "%root%" 1>&2
exit /b %ERRORLEVEL%

:make_with_pip
set "base="
for %%P in ("py -3" "python" "python3") do if not defined base call :try %%~P
if not defined base (
    echo seedwatch set-up: Python 3.11 or newer is needed: https://www.python.org/downloads/ 1>&2
    exit /b 1
)
if not exist "%python%" %base% -m venv --clear "%root%\.venv" 1>&2 || exit /b 1
set "PIP_USER=0"
"%python%" -m pip install --quiet --no-input --disable-pip-version-check --editable "%root%" 1>&2
exit /b %ERRORLEVEL%

:try
%* -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>&1 && set "base=%*"
exit /b 0
